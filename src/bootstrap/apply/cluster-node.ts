import { NodewrightError } from "../../base/mod.ts";
import type { Heartbeat } from "../../kube/nodes/mod.ts";
import type { NodePlan } from "../../plan/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import { disturbsPods } from "./disturbs-pods.ts";
import type { NodeApi } from "./ports.ts";

/** When a node is drained before it is changed. */
export type DrainMode = "auto" | "always" | "never";

const KUBELET = "kubelet.service";

/** True where a plan for a node that already runs pods asks for it to be empty first. */
export function needsDrain(plan: NodePlan, mode: DrainMode): boolean {
  if (mode === "never" || plan.baseGeneration === null || plan.steps.length === 0) return false;
  return mode === "always" || disturbsPods(plan);
}

/** One node as the cluster sees it during an apply: asked for before, awaited after, in service again at the end. */
export class ClusterNode implements Disposable {
  readonly #node: string;
  readonly #api: NodeApi;
  #before: Heartbeat | undefined;

  constructor(node: string, api: NodeApi) {
    this.#node = node;
    this.#api = api;
  }

  [Symbol.dispose](): void {
    this.#api[Symbol.dispose]();
  }

  /** Rejects where the API server does not answer: then nothing could be awaited after a change. */
  async greet(): Promise<void> {
    try {
      await this.#api.heartbeat(this.#node);
    } catch (thrown) {
      const error = NodewrightError.from(thrown, "Cannot ask the API server");
      throw new NodewrightError(error.kind, error.message, {
        detail: "Nothing was changed: whether the kubelet joins the cluster could not be seen.",
        ...(error.fix === undefined ? {} : { fix: error.fix }),
        cause: thrown,
      });
    }
  }

  /** Takes the node out of service where the plan asks for it. */
  async prepare(plan: NodePlan, mode: DrainMode, onNote: (text: string) => void): Promise<void> {
    if (needsDrain(plan, mode)) {
      if (this.#api.isAdmin) await this.#api.drain(this.#node, onNote);
      else if (mode === "always") throw notAdmin("Cannot drain the node");
      else onNote("not drained: the cluster directory has no admin.kubeconfig");
    }
    // Only a kubelet that starts anew has to be heard of anew.
    if (startsKubelet(plan)) this.#before = await this.#api.heartbeat(this.#node);
  }

  /** Waits until the Node is Ready with this version of the kubelet. */
  async awaitReady(version: string | undefined, signal: AbortSignal): Promise<void> {
    await this.#api.waitReady(this.#node, {
      signal,
      version,
      afterHeartbeat: this.#before,
    });
  }

  /** Approves the kubelet's serving certificate, as far as it names nothing but the machine. */
  async approveServing(
    { name, fqdn, addresses }: Machine,
    onNote: (text: string) => void,
  ): Promise<void> {
    if (!this.#api.isAdmin) {
      onNote(
        "its serving certificate is not approved: the cluster directory has no admin.kubeconfig",
      );
      return;
    }
    const own = { name, dnsNames: [fqdn], addresses: addresses.map(({ text }) => text) };
    await this.#api.approveServing(own, onNote);
  }

  /** Lets pods come again, where it was an apply that kept them away. */
  async release(): Promise<void> {
    await this.#api.release(this.#node);
  }
}

function startsKubelet(plan: NodePlan): boolean {
  return plan.steps.some(
    (step) => (step.kind === "start-unit" || step.kind === "restart-unit") && step.unit === KUBELET,
  );
}

/** For what only an administrator of the cluster may do. */
export function notAdmin(what: string): NodewrightError {
  return new NodewrightError("kube", `${what}: the cluster directory has no admin.kubeconfig`, {
    fix: "nodewright pki makes one where the directory has the key of ca.crt; else put yours there",
  });
}
