import { difference, type IdSet, type MachineTopology, union } from "../../machine/mod.ts";
import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import { cpuHints } from "./cpu-hints.ts";
import type { CpuOptions } from "./cpu-options.ts";
import { cpusIn, cpusPer, only, partsOf } from "./cpu-pool.ts";
import {
  type CpuShares,
  cpusOf,
  findContradiction,
  NO_SHARES,
  withCpus,
  withoutPod,
} from "./cpu-shares.ts";
import { CpuState } from "./cpu-state.ts";
import { exclusiveCpus, podExclusiveCpus } from "./exclusive-cpus.ts";
import { type Hint, type Hints, NO_HINTS } from "./hints.ts";
import { AllocationError, type ResourceProvider, shareTakers } from "./provider.ts";
import { distributeCpus, takeCpus } from "./take-cpus.ts";

export interface CpuManagerOptions {
  readonly topology: MachineTopology;
  /** Given by name, or so many that the machine's first cores are taken. */
  readonly reserved: { readonly cpus: IdSet; readonly count: number };
  readonly options: CpuOptions;
  /** cpu_manager_state */
  readonly path: string;
  /** What others share has changed. */
  readonly onChange: () => void;
}

/** The CPU manager's policy "static": whole CPUs of guaranteed pods are theirs alone. */
export class CpuManager implements ResourceProvider {
  readonly #given: CpuManagerOptions;
  readonly #state: CpuState;
  readonly #reserved: IdSet;
  /** Reserved CPUs and those that share a core with one. */
  readonly #reservedCores: IdSet;
  #shares: CpuShares = NO_SHARES;
  /** CPUs of init containers of the pod that came last: its next containers may take them over. */
  #reusable: { readonly podUid: string; readonly cpus: IdSet } = { podUid: "", cpus: [] };

  /** Reads what was given away before; rejects, in the kubelet's words, where that cannot be trusted. */
  static async open(given: CpuManagerOptions): Promise<CpuManager> {
    const manager = new CpuManager(given);
    await manager.#restore();
    return manager;
  }

  private constructor(given: CpuManagerOptions) {
    this.#given = given;
    this.#state = new CpuState(given.path, "static");
    const { cpus } = given.topology;
    const { reserved } = given;
    const all = cpus.map(({ id }) => id);
    this.#reserved = reserved.cpus.length > 0 ? reserved.cpus : this.#take(all, reserved.count);
    this.#reservedCores = cpusIn(cpus, "core", partsOf(only(cpus, this.#reserved), "core"));
  }

  /** CPUs that can be given away at all. */
  get allocatable(): IdSet {
    return difference(this.#all, this.#reserved);
  }

  /** Where a container runs: on CPUs of its own, or with everybody else. */
  cpusFor(podUid: string, container: string): IdSet {
    return this.exclusive(podUid, container) ?? this.#shares.shared;
  }

  /** CPUs that a container has for itself. */
  exclusive(podUid: string, container: string): IdSet | undefined {
    return cpusOf(this.#shares, podUid, container);
  }

  hasExclusive(podUid: string): boolean {
    return [...(this.#shares.own.get(podUid)?.values() ?? [])].some((cpus) => cpus.length > 0);
  }

  concerns(pod: Pod): boolean {
    return podExclusiveCpus(pod) > 0;
  }

  hints(pod: Pod, container: Container): Hints {
    const count = exclusiveCpus(pod, container);
    if (count === 0) return NO_HINTS;
    const own = this.exclusive(pod.metadata.uid, container.name);
    if (own !== undefined && own.length !== count) return new Map([["cpu", []]]);
    return this.#hints(own ?? this.#free, own === undefined ? this.#reusableOf(pod) : [], count);
  }

  podHints(pod: Pod): Hints {
    const count = podExclusiveCpus(pod);
    if (count === 0) return NO_HINTS;
    const { uid } = pod.metadata;
    const own = shareTakers(pod).map((one) => [one, this.exclusive(uid, one.name)] as const);
    if (own.some(([one, cpus]) => cpus !== undefined && cpus.length !== exclusiveCpus(pod, one))) {
      return new Map([["cpu", []]]);
    }
    const assigned = union(...own.map(([, cpus]) => cpus ?? []));
    if (assigned.length === count) return this.#hints(assigned, [], count);
    return this.#hints(this.#free, union(this.#reusableOf(pod), assigned), count);
  }

  allocate(pod: Pod, container: Container, affinity: Hint): void {
    const count = exclusiveCpus(pod, container);
    if (count === 0) return;
    const { uid } = pod.metadata;
    this.#assertWholeCores(count);
    const before = this.exclusive(uid, container.name);
    const cpus = before ?? this.#choose(count, affinity, this.#reusableOf(pod));
    this.#noteReusable(pod, container, cpus);
    if (before !== undefined) return;
    this.#set(withCpus(this.#shares, { podUid: uid, container: container.name, cpus }));
  }

  release(podUid: string): void {
    if (this.#shares.own.has(podUid)) this.#set(withoutPod(this.#shares, podUid));
  }

  retain(podUids: ReadonlySet<string>): void {
    for (const uid of this.#shares.own.keys()) if (!podUids.has(uid)) this.release(uid);
  }

  get #all(): IdSet {
    return this.#given.topology.cpus.map(({ id }) => id);
  }

  get #free(): IdSet {
    return difference(this.#shares.shared, this.#reserved);
  }

  #hints(free: IdSet, reusable: IdSet, count: number): Hints {
    const { topology, options } = this.#given;
    const { alignsSockets } = options;
    return new Map([["cpu", cpuHints({ topology, free, reusable, count, alignsSockets })]]);
  }

  #reusableOf({ metadata }: Pod): IdSet {
    return this.#reusable.podUid === metadata.uid ? this.#reusable.cpus : [];
  }

  /** An init container's CPUs are free for the next ones of its pod; nobody else's are. */
  #noteReusable(pod: Pod, container: Container, cpus: IdSet): void {
    const before = this.#reusableOf(pod);
    const isInit = (pod.spec.initContainers ?? []).some(
      (one) => one.name === container.name && !isSidecar(one),
    );
    const now = isInit ? union(before, cpus) : difference(before, cpus);
    this.#reusable = { podUid: pod.metadata.uid, cpus: now };
  }

  #assertWholeCores(count: number): void {
    const { topology, options } = this.#given;
    if (!options.fullCores) return;
    const perCore = cpusPer(topology, "core");
    if (count % perCore !== 0) {
      throw new AllocationError(
        "SMTAlignmentError",
        `SMT Alignment Error: requested ${count} cpus not multiple cpus per core = ${perCore}`,
      );
    }
    const free = difference(this.#shares.shared, this.#reservedCores).length;
    if (count <= free) return;
    throw new AllocationError(
      "SMTAlignmentError",
      `SMT Alignment Error: not enough free physical CPUs: available physical CPUs = ${free}, requested CPUs = ${count}, CPUs per core = ${perCore}`,
    );
  }

  /** From the nodes that suit first, the rest from anywhere. */
  #choose(count: number, { nodes }: Hint, reusable: IdSet): IdSet {
    const free = union(this.#free, reusable);
    const aligned = nodes === undefined ? [] : this.#near(nodes, free);
    const first = this.#take(aligned, Math.min(count, aligned.length));
    return union(first, this.#take(difference(free, first), count - first.length));
  }

  #near(nodes: IdSet, free: IdSet): IdSet {
    const { topology, options } = this.#given;
    const cpus = only(topology.cpus, free);
    if (!options.alignsSockets) return cpusIn(cpus, "node", nodes);
    const ofNodes = topology.cpus.filter(({ node }) => nodes.includes(node));
    return cpusIn(cpus, "socket", partsOf(ofNodes, "socket"));
  }

  #take(free: IdSet, count: number): IdSet {
    const { topology, options } = this.#given;
    if (!options.distributesNodes) return takeCpus(topology, { free, count }, options);
    const group = options.fullCores ? cpusPer(topology, "core") : 1;
    return distributeCpus(topology, { free, count, group }, options);
  }

  #set(shares: CpuShares): void {
    this.#shares = shares;
    this.#state.write(shares);
    this.#given.onChange();
  }

  async #restore(): Promise<void> {
    const { keepsReserved } = this.#given.options;
    const shares = await this.#state.read();
    if (shares.shared.length === 0 && shares.own.size === 0) {
      const shared = keepsReserved ? this.allocatable : this.#all;
      return this.#set({ shared, own: new Map() });
    }
    const rules = { all: this.#all, reserved: this.#reserved, keepsReserved };
    const wrong = findContradiction(shares, rules);
    if (wrong !== undefined) {
      throw this.#state.unusable(`${wrong}, please drain node and remove policy state file`);
    }
    this.#shares = shares;
  }
}
