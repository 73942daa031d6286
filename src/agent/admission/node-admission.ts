import { isCritical, type Pod } from "../api/mod.ts";
import { admitPod } from "./admit-pod.ts";
import { findMismatch, findShortages, shortageRejection } from "./fit-resources.ts";
import { planPreemption } from "./preempt.ts";
import type { NodeView, Rejection } from "./rejection.ts";

export interface NodeAdmissionDeps {
  readonly unsafeSysctls: readonly string[];
  /** The node as it is known now. */
  readonly node: () => NodeView;
  /** The node as the API server has it: asked where its labels decide. */
  readonly fetchNode: () => Promise<NodeView>;
  /** Conditions of pressure that the node has: `MemoryPressure`. */
  readonly pressures: () => readonly string[];
  readonly shares: ShareGate;
}

/** Gives pods what they have for themselves alone: CPUs, memory, devices. */
export interface ShareGate {
  /** Why the pod cannot have its shares; it has none then. */
  admit(pod: Pod): Promise<Rejection | undefined>;
  /** What the pod had is free again. */
  release(podUid: string): void;
}

/** Who is on the node, and how it is made to go. */
export interface PodPlaces {
  /** Pods that have their resources, without this one. */
  others(uid: string): readonly Pod[];
  /** Stops a pod for a critical one; resolves once it has stopped. */
  preempt(pod: Pod): Promise<void>;
}

/** Decides which pods the node takes: one at a time, so that no two get the same room. */
export class NodeAdmission {
  readonly #deps: NodeAdmissionDeps;

  constructor(deps: NodeAdmissionDeps) {
    this.#deps = deps;
  }

  /**
   * undefined where the node takes the pod, of which `take` is told in the same moment; critical
   * pods make others go.
   */
  async admit(pod: Pod, places: PodPlaces, take: () => void): Promise<Rejection | undefined> {
    const { unsafeSysctls, pressures, shares } = this.#deps;
    const refusal = admitPod(pod, { unsafeSysctls, pressures: pressures() });
    if (refusal !== undefined) return refusal;
    const shortage = await shares.admit(pod);
    if (shortage !== undefined) return shortage;
    const rejection = await this.#fit(pod, places, take);
    if (rejection !== undefined) shares.release(pod.metadata.uid);
    return rejection;
  }

  /** Whether node and pod go together, and whether there is room or can be made. */
  async #fit(pod: Pod, places: PodPlaces, take: () => void): Promise<Rejection | undefined> {
    let view = this.#deps.node();
    const { uid } = pod.metadata;
    if (findMismatch(pod, places.others(uid), view)?.reason === "NodeAffinity") {
      // Labels that the node has just got may not have come here yet.
      view = await this.#deps.fetchNode().catch(() => view);
    }
    const others = places.others(uid);
    const shortages = findShortages(pod, others, view.allocatable);
    const mismatch = findMismatch(pod, others, view);
    const [first] = shortages;
    if (first === undefined || isCritical(pod)) {
      if (mismatch !== undefined) return mismatch;
      const victims = first === undefined ? [] : planPreemption(pod, others, shortages);
      if (typeof victims === "string") {
        const why = `preemption: error finding a set of pods to preempt: ${victims}`;
        const message = `Unexpected error while attempting to recover from admission failure: ${why}`;
        return { reason: "UnexpectedAdmissionError", message };
      }
      take();
      await Promise.all(victims.map((victim) => places.preempt(victim)));
      return undefined;
    }
    return shortageRejection(first);
  }
}
