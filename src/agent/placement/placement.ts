import { messageOf } from "../../base/mod.ts";
import type { MachineTopology } from "../../machine/mod.ts";
import type { Rejection } from "../admission/mod.ts";
import type { Pod } from "../api/mod.ts";
import type { Hint, Hints } from "./hints.ts";
import { type AlignmentPolicy, mergeHints } from "./merge-hints.ts";
import { AllocationError, type ResourceProvider, shareTakers } from "./provider.ts";

export interface AlignmentOptions {
  readonly policy: "none" | AlignmentPolicy;
  readonly scope: "container" | "pod";
  readonly prefersClosest: boolean;
}

const NOT_ALIGNED: Rejection = {
  reason: "TopologyAffinityError",
  message: "Resources cannot be allocated with Topology locality",
};

/** Nobody has been asked which nodes suit. */
const UNALIGNED: Hint = { nodes: undefined, preferred: false };

/** Gives pods their shares of what is given away exclusively, near to each other as configured. */
export class Placement {
  readonly #providers: readonly ResourceProvider[];
  readonly #options: AlignmentOptions;
  readonly #topology: MachineTopology;
  /** Pods that want a share come one at a time: no two of them see the same one free. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    providers: readonly ResourceProvider[],
    topology: MachineTopology,
    options: AlignmentOptions,
  ) {
    this.#providers = providers;
    this.#topology = topology;
    this.#options = options;
  }

  /** Gives the pod its shares; why it cannot have them, otherwise: then it has none. */
  async admit(pod: Pod): Promise<Rejection | undefined> {
    if (!this.#providers.some((provider) => provider.concerns(pod))) return undefined;
    const turn = this.#last.then(() => this.#admit(pod));
    this.#last = turn.catch(() => {});
    return await turn;
  }

  release(podUid: string): void {
    for (const provider of this.#providers) provider.release(podUid);
  }

  retain(podUids: ReadonlySet<string>): void {
    for (const provider of this.#providers) provider.retain(podUids);
  }

  async #admit(pod: Pod): Promise<Rejection | undefined> {
    const { policy, scope } = this.#options;
    try {
      const whole =
        policy === "none" || scope === "container"
          ? UNALIGNED
          : this.#merge(policy, (one) => one.podHints(pod));
      for (const container of shareTakers(pod)) {
        const affinity =
          policy === "none" || scope === "pod"
            ? whole
            : this.#merge(policy, (one) => one.hints(pod, container));
        for (const provider of this.#providers) await provider.allocate(pod, container, affinity);
      }
      return undefined;
    } catch (thrown) {
      this.release(pod.metadata.uid);
      const error =
        thrown instanceof AllocationError ? thrown : AllocationError.unexpected(messageOf(thrown));
      return { reason: error.reason, message: error.message };
    }
  }

  #merge(policy: AlignmentPolicy, hintsOf: (provider: ResourceProvider) => Hints): Hint {
    const { nodes } = this.#topology;
    const { hint, admits } = mergeHints(this.#providers.map(hintsOf), {
      ...{ policy, nodes: nodes.map(({ id }) => id) },
      ...(this.#options.prefersClosest
        ? { distances: new Map(nodes.map(({ id, distances }) => [id, distances])) }
        : {}),
    });
    if (!admits) throw new AllocationError(NOT_ALIGNED.reason, NOT_ALIGNED.message);
    return hint;
  }
}
