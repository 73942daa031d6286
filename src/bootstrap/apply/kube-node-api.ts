import type { Clock } from "../../base/mod.ts";
import { approveServing, type ServingNode } from "../../kube/certificate-requests/mod.ts";
import { type ApiConnection, KubeClient } from "../../kube/client/mod.ts";
import {
  type DrainEvent,
  drainNode,
  type Heartbeat,
  readHeartbeat,
  releaseNode,
  waitNodeReady,
} from "../../kube/nodes/mod.ts";
import type { VerifyCheck } from "../../node/verify/mod.ts";
import { type AddressBook, type ApiAccess, findApiAccess } from "./api-connection.ts";
import { ApiVerifyPods } from "./api-verify-pods.ts";
import { ApiVerifyServices } from "./api-verify-services.ts";
import { checkPodStreams } from "./api-verify-streams.ts";
import type { NodeApi } from "./ports.ts";

/** How long a kubelet may take from its start to a Ready node. */
const NODE_READY_TIMEOUT_MS = 120_000;
/** How long a Ready kubelet may take to ask for its serving certificate and to serve with it. */
const SERVING_TIMEOUT_MS = 60_000;

/** Time, the wish to stop, and where the inventory's machines are. */
export interface KubeNodeApiDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly addresses: AddressBook;
  /** How long a Node may take to be Ready; default two minutes. */
  readonly readyTimeoutMs?: number | undefined;
  readonly drainTimeoutMs: number;
}

/** The API server as an apply uses it; undefined where the cluster directory has no kubeconfig for it. */
export async function openNodeApi(
  clusterDir: string,
  node: string,
  deps: KubeNodeApiDeps,
): Promise<NodeApi | undefined> {
  const access = await findApiAccess(clusterDir, node, deps.addresses);
  return access === undefined ? undefined : new KubeNodeApi(access, deps);
}

class KubeNodeApi implements NodeApi {
  readonly isAdmin: boolean;
  readonly nodeServer: string | undefined;
  readonly #connection: ApiConnection;
  readonly #client: KubeClient;
  readonly #deps: KubeNodeApiDeps;

  constructor({ connection, isAdmin, nodeServer }: ApiAccess, deps: KubeNodeApiDeps) {
    this.nodeServer = nodeServer;
    this.#connection = connection;
    this.#client = new KubeClient(connection);
    this.isAdmin = isAdmin;
    this.#deps = deps;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  heartbeat(node: string): Promise<Heartbeat> {
    return readHeartbeat(this.#client, node, this.#deps.signal);
  }

  async waitReady(node: string, options: Parameters<NodeApi["waitReady"]>[1]): Promise<void> {
    const { version, signal: given, ...wait } = options;
    const { clock, signal, readyTimeoutMs } = this.#deps;
    await waitNodeReady(this.#client, node, {
      ...wait,
      timeoutMs: readyTimeoutMs ?? NODE_READY_TIMEOUT_MS,
      clock,
      signal: AbortSignal.any([signal, given]),
      ...(version === undefined || version === "unknown" ? {} : { version: `v${version}` }),
    });
  }

  async drain(node: string, onNote: (text: string) => void): Promise<void> {
    const { clock, signal, drainTimeoutMs } = this.#deps;
    // Nobody starts them again, so a drain would not take them.
    await this.#verifyPods(node).remove();
    await drainNode(this.#client, node, {
      clock,
      signal,
      timeoutMs: drainTimeoutMs,
      onEvent: (event) => onNote(describeDrain(event)),
    });
  }

  async release(node: string): Promise<void> {
    if (this.isAdmin) await releaseNode(this.#client, node, { signal: this.#deps.signal });
  }

  async approveServing(node: ServingNode, onNote: (text: string) => void): Promise<void> {
    const { clock, signal } = this.#deps;
    const timeoutMs = SERVING_TIMEOUT_MS;
    await approveServing(this.#client, node, { clock, signal, timeoutMs, onNote });
  }

  async startVerifyPods(node: string, image: string) {
    const pods = this.#verifyPods(node);
    const remove = (): Promise<void> => pods.remove();
    try {
      return { uids: await pods.start(image), remove };
    } catch (thrown) {
      await remove().catch(() => {});
      throw thrown;
    }
  }

  async startVerifyServices(podCount: number) {
    const made = new ApiVerifyServices(this.#client, this.#deps);
    const remove = (): Promise<void> => made.remove();
    try {
      return { services: await made.start(podCount), remove };
    } catch (thrown) {
      await remove().catch(() => {});
      throw thrown;
    }
  }

  checkPodStreams(node: string): Promise<readonly VerifyCheck[]> {
    return checkPodStreams(this.#connection, node, this.#deps.signal);
  }

  #verifyPods(node: string): ApiVerifyPods {
    return new ApiVerifyPods(this.#client, node, this.#deps);
  }
}

function describeDrain(event: DrainEvent): string {
  switch (event.type) {
    case "cordoned":
      return "cordoned";
    case "skipped":
      return `leaves ${event.pod} (${event.why})`;
    case "evicting":
      return `evicts ${event.pod}`;
    case "blocked":
      return `${event.pod} may not go yet: ${event.message}`;
    case "gone":
      return `${event.pod} is gone`;
  }
}
