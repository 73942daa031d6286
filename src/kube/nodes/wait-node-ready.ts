import { type Clock, systemClock } from "../../base/mod.ts";
import { type Condition, type KubeClient, KubeError, NODES, type Node } from "../client/mod.ts";
import { type Heartbeat, heartbeatOf } from "./heartbeat.ts";
import { NodeError } from "./node-error.ts";

/**
 * A kubelet says that it is alive before it says how it is. It looks at itself every 10 seconds,
 * so that a Ready which has stood this long beside new signs of life is its own.
 */
const SETTLED_MS = 15_000;

/** What a Node has to be, and how long that may take. */
export interface WaitOptions {
  readonly timeoutMs: number;
  /** The kubelet's version as installed, `v1.36.2`; without it any version will do. */
  readonly version?: string;
  /**
   * What `readHeartbeat` gave before the kubelet was restarted: the Node is only believed once a
   * later one is there. Otherwise the Ready of the old kubelet would count, for up to 40 seconds.
   */
  readonly afterHeartbeat?: Heartbeat | undefined;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Default 500 ms. */
  readonly intervalMs?: number;
  /** Called with every new answer to "what is it still waiting for". */
  readonly onWaiting?: (reason: string) => void;
}

/**
 * Waits until the Node is registered, Ready, of the wanted version and heard from since. An API
 * server that is away for a while is waited for as well. Rejects with NodeError (NotReady) on
 * timeout, with what it waited for and the Node's conditions; with KubeError at once where waiting
 * cannot help (401, 403, TLS).
 */
export async function waitNodeReady(
  client: KubeClient,
  name: string,
  options: WaitOptions,
): Promise<Node> {
  const { clock = systemClock, intervalMs = 500, timeoutMs } = options;
  const deadline = clock.now() + timeoutMs;
  let last: { readonly reason: string; readonly node?: Node; readonly error?: KubeError } = {
    reason: "",
  };
  let aliveSince: number | undefined;
  for (;;) {
    const seen = await look(client, name, options);
    if (seen.isAlive === true) aliveSince ??= clock.now();
    const isSettled = aliveSince !== undefined && clock.now() - aliveSince >= SETTLED_MS;
    const answer: Look =
      seen.isAlive === true && isSettled ? { reason: undefined, node: seen.node } : seen;
    if (answer.reason === undefined) return answer.node;
    if (answer.reason !== last.reason) options.onWaiting?.(answer.reason);
    last = answer;
    if (clock.now() + intervalMs > deadline) break;
    await clock.sleep(intervalMs, options.signal);
  }
  const seconds = Math.round(timeoutMs / 1000);
  throw new NodeError("NotReady", `Node is not ready after ${seconds} s: ${last.reason}`, {
    node: name,
    ...(last.node === undefined ? {} : { detail: describeConditions(last.node) }),
    fix: fixFor(last),
    ...(last.error === undefined ? {} : { cause: last.error }),
  });
}

type Look =
  | { readonly reason: undefined; readonly node: Node; readonly isAlive?: undefined }
  /** With `isAlive` it is Ready, and its kubelet has been heard of since. */
  | { readonly reason: string; readonly node: Node; readonly isAlive: true }
  | {
      readonly reason: string;
      readonly node?: Node;
      readonly error?: KubeError;
      readonly isAlive?: undefined;
    };

async function look(client: KubeClient, name: string, options: WaitOptions): Promise<Look> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  try {
    const node = await client.find(NODES, { name }, call);
    if (node === undefined) return { reason: "it has not registered" };
    const reason = whyNotReady(node, options.version);
    if (reason !== undefined) return { reason, node };
    const { afterHeartbeat: before } = options;
    if (before?.lease === undefined) return { reason: undefined, node };
    const now = await heartbeatOf(client, name, { node, call });
    if (now.lease === before.lease) return { reason: `no heartbeat since ${before.lease}`, node };
    if (now.status === before.status && now.status !== undefined) {
      return { reason: `no status since ${now.status}`, node, isAlive: true };
    }
    return { reason: undefined, node };
  } catch (thrown) {
    if (thrown instanceof KubeError && thrown.isTransient) {
      return { reason: thrown.message, error: thrown };
    }
    throw thrown;
  }
}

function whyNotReady(node: Node, version: string | undefined): string | undefined {
  const installed = node.status?.nodeInfo?.kubeletVersion;
  if (version !== undefined && releaseOf(installed ?? "") !== releaseOf(version)) {
    return `its kubelet is ${installed ?? "of unknown version"}, not ${version}`;
  }
  const ready = conditionOf(node, "Ready");
  if (ready === undefined) return "it has not reported whether it is ready";
  if (ready.status === "True") return undefined;
  return `Ready is ${ready.status}: ${ready.reason ?? "no reason"}: ${ready.message ?? "no message"}`;
}

/** The release without what a distribution or a work tree adds: `v1.36.2` of `v1.36.2+k3s1`. */
function releaseOf(version: string): string {
  return version.replace(/^v/, "").replace(/\+.*$|-dirty$/, "");
}

/** The Node's condition of a type, where it has it. */
export function conditionOf(node: Node, type: string): Condition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** A Node's conditions for people, one a line. */
export function describeConditions(node: Node): string {
  const conditions = node.status?.conditions ?? [];
  if (conditions.length === 0) return "The Node has no conditions";
  return conditions
    .map(({ type, status, reason, message }) =>
      [`${type}=${status}`, reason, message].filter((part) => part !== undefined).join(" "),
    )
    .join("\n");
}

function fixFor(last: { readonly node?: Node; readonly error?: KubeError }): string {
  if (last.error?.fix !== undefined) return last.error.fix;
  if (last.node === undefined) {
    return "look at the kubelet's journal on the node: whether it reaches the API server, and whether its certificate is for this name";
  }
  return "look at the kubelet's journal on the node: journalctl -u kubelet";
}
