import { type Clock, mapPool, systemClock } from "../../base/mod.ts";
import { hasStatus, type KubeClient, KubeError, PODS, type Pod } from "../client/mod.ts";
import { cordonNode } from "./cordon.ts";
import { type DrainPermissions, type DrainVerdict, judgePod } from "./drain-filter.ts";
import { NodeError } from "./node-error.ts";

/** What a drain tells while it goes on; `pod` is NAMESPACE/NAME. */
export type DrainEvent =
  | { readonly type: "cordoned" }
  | { readonly type: "skipped"; readonly pod: string; readonly why: "mirror" | "daemonset" }
  | { readonly type: "evicting"; readonly pod: string }
  /** A PodDisruptionBudget does not allow it now; it is tried again. */
  | { readonly type: "blocked"; readonly pod: string; readonly message: string }
  | { readonly type: "gone"; readonly pod: string };

/** How a drain goes about it. */
export interface DrainOptions extends DrainPermissions {
  /** For all pods together. */
  readonly timeoutMs: number;
  /** In place of each pod's own terminationGracePeriodSeconds. */
  readonly gracePeriodSeconds?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Between two tries at an eviction that a budget forbids; default 5 s. */
  readonly retryMs?: number;
  /** Between two looks whether a pod is gone; default 1 s. */
  readonly pollMs?: number;
  readonly onEvent?: (event: DrainEvent) => void;
}

/** Evictions that are under way at once. */
const PARALLEL = 16;

/**
 * Cordons the Node and evicts its pods (policy/v1 Eviction), so that PodDisruptionBudgets are
 * honoured and each pod gets its grace period. Leaves mirror pods and DaemonSet pods. Before the
 * first eviction it refuses, naming them, where pods are there that it may not take. Resolves with
 * the pods that went away once all are gone. Rejects with NodeError (DrainBlocked, DrainTimeout)
 * or KubeError; the Node stays cordoned then.
 */
export async function drainNode(
  client: KubeClient,
  name: string,
  options: DrainOptions,
): Promise<readonly string[]> {
  const drain = new Drain(client, name, options);
  if (await cordonNode(client, name, drain.call)) options.onEvent?.({ type: "cordoned" });
  const pods = await drain.select();
  // Each reports failure as a value, so that one pod in the way does not stop the others.
  const outcomes = await mapPool(pods, PARALLEL, async (pod) => {
    try {
      await drain.evict(pod);
      return undefined;
    } catch (thrown) {
      return { thrown };
    }
  });
  options.signal?.throwIfAborted();
  drain.finish(outcomes.filter((outcome) => outcome !== undefined));
  return pods.map(nameOf);
}

class Drain {
  readonly call: { readonly signal?: AbortSignal };
  readonly #client: KubeClient;
  readonly #node: string;
  readonly #options: DrainOptions;
  readonly #clock: Clock;
  readonly #deadline: number;
  /** Pods that are not gone yet, with what is last known of each. */
  readonly #left = new Map<string, string>();

  constructor(client: KubeClient, node: string, options: DrainOptions) {
    this.#client = client;
    this.#node = node;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#deadline = this.#clock.now() + options.timeoutMs;
    this.call = options.signal === undefined ? {} : { signal: options.signal };
  }

  /** The pods to evict. */
  async select(): Promise<Pod[]> {
    const { items } = await this.#client.list(
      PODS,
      { fieldSelector: `spec.nodeName=${this.#node}` },
      this.call,
    );
    const chosen: Pod[] = [];
    const refused: { readonly pod: Pod; readonly why: string }[] = [];
    for (const pod of items) {
      const verdict: DrainVerdict = judgePod(pod, this.#options);
      if (verdict.do === "evict") chosen.push(pod);
      else if (verdict.do === "refuse") refused.push({ pod, why: verdict.why });
      else this.#options.onEvent?.({ type: "skipped", pod: nameOf(pod), why: verdict.why });
    }
    if (refused.length > 0) throw this.#refusal(refused);
    return chosen;
  }

  /** Evicts one pod and waits until it is gone. */
  async evict(pod: Pod): Promise<void> {
    const name = nameOf(pod);
    this.#left.set(name, "not evicted yet");
    this.#options.onEvent?.({ type: "evicting", pod: name });
    while (!(await this.#tryEvict(pod))) await this.#wait(this.#options.retryMs ?? 5_000);
    this.#left.set(name, "evicted, still shutting down");
    while (!(await this.#isGone(pod))) await this.#wait(this.#options.pollMs ?? 1_000);
    this.#left.delete(name);
    this.#options.onEvent?.({ type: "gone", pod: name });
  }

  /** Rejects where pods are left: with the first error that is not the time limit, else with that. */
  finish(failures: readonly { readonly thrown: unknown }[]): void {
    const other = failures.find(({ thrown }) => !(thrown instanceof TimeIsOver));
    if (other !== undefined) throw other.thrown;
    if (failures.length === 0) return;
    const seconds = Math.round(this.#options.timeoutMs / 1000);
    throw new NodeError(
      "DrainTimeout",
      `Cannot drain the node within ${seconds} s: ${this.#left.size} pods are left`,
      {
        node: this.#node,
        detail: [...this.#left].map(([pod, state]) => `${pod}: ${state}`).join("\n"),
        fix: "give it more time, or see why these pods do not stop or may not be disrupted; the node stays cordoned",
      },
    );
  }

  /** False where a budget forbids it for now. */
  async #tryEvict(pod: Pod): Promise<boolean> {
    const { name, namespace = "default", uid } = pod.metadata;
    const { gracePeriodSeconds } = this.#options;
    try {
      await this.#client.create(
        PODS,
        {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name, namespace },
          deleteOptions: {
            // A StatefulSet's next pod has the same name: only this one is meant.
            ...(uid === undefined ? {} : { preconditions: { uid } }),
            ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
          },
        },
        { at: { name, namespace, subresource: "eviction" }, ...this.call },
      );
      return true;
    } catch (thrown) {
      if (hasStatus(thrown, 404) || isNamespaceEnding(thrown)) return true;
      // Another pod of this name by now, or a budget that changed meanwhile.
      if (hasStatus(thrown, 409)) return await this.#isGone(pod);
      if (!(thrown instanceof KubeError) || !thrown.isTransient || isMisconfigured(thrown)) {
        throw thrown;
      }
      const message = thrown.answer?.details?.causes?.[0]?.message ?? thrown.message;
      this.#left.set(nameOf(pod), message);
      this.#options.onEvent?.({ type: "blocked", pod: nameOf(pod), message });
      return false;
    }
  }

  async #isGone(pod: Pod): Promise<boolean> {
    const { name, namespace = "default", uid } = pod.metadata;
    try {
      const now = await this.#client.find(PODS, { name, namespace }, this.call);
      return now === undefined || now.metadata.uid !== uid;
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.isTransient) return false;
      throw thrown;
    }
  }

  async #wait(ms: number): Promise<void> {
    if (this.#clock.now() + ms > this.#deadline) throw new TimeIsOver();
    await this.#clock.sleep(ms, this.#options.signal);
  }

  #refusal(refused: readonly { readonly pod: Pod; readonly why: string }[]): NodeError {
    const texts: Readonly<Record<string, string>> = {
      unmanaged: "no controller would start it again",
      emptyDir: "it has emptyDir volumes, whose data would be lost",
    };
    return new NodeError(
      "DrainBlocked",
      `Cannot drain the node: ${refused.length} pods would be lost`,
      {
        node: this.#node,
        detail: refused.map(({ pod, why }) => `${nameOf(pod)}: ${texts[why] ?? why}`).join("\n"),
        fix: "move or delete these pods, or allow their loss; the node stays cordoned",
      },
    );
  }
}

class TimeIsOver extends Error {}

/** Two budgets over one pod are a 500 that waiting does not mend. */
function isMisconfigured(error: KubeError): boolean {
  return error.status === 500 && error.reason === "InternalError";
}

/** Its namespace is being deleted, and the pod with it: no eviction is taken, none is needed. */
function isNamespaceEnding(thrown: unknown): boolean {
  if (!hasStatus(thrown, 403)) return false;
  const causes = thrown.answer?.details?.causes ?? [];
  return causes.some((cause) => cause.reason === "NamespaceTerminating");
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace ?? "default"}/${pod.metadata.name}`;
}
