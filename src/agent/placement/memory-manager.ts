import {
  type IdSet,
  idSet,
  intersection,
  type MachineTopology,
  sameIds,
} from "../../machine/mod.ts";
import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import type { NodeMemory } from "../config/mod.ts";
import { type Hint, type Hints, NO_HINTS } from "./hints.ts";
import { bestHint, hintsByResource, type MemoryHint, memoryHints } from "./memory-hints.ts";
import { podRequests, requestsOf } from "./memory-requests.ts";
import { type MemoryShares, MemoryState } from "./memory-state.ts";
import {
  breaksGroups,
  freeOn,
  freshTables,
  type MemoryBlock,
  type MemoryRequest,
  returnMemory,
  sameTables,
  takeMemory,
} from "./memory-tables.ts";
import { AllocationError, type ResourceProvider, shareTakers } from "./provider.ts";

export interface MemoryManagerOptions {
  readonly topology: MachineTopology;
  readonly reserved: readonly NodeMemory[];
  /** memory_manager_state */
  readonly path: string;
}

/** The memory manager's policy "Static": memory of guaranteed pods comes from NUMA nodes chosen for it. */
export class MemoryManager implements ResourceProvider {
  readonly #state: MemoryState;
  #shares: MemoryShares;
  /** Memory of init containers of the pod that came last, by nodes and resource: others of it may take it over. */
  #reusable: { readonly podUid: string; readonly bytes: Map<string, number> };

  /** Reads what was given away before; rejects, in the kubelet's words, where that cannot be trusted. */
  static async open(options: MemoryManagerOptions): Promise<MemoryManager> {
    const state = new MemoryState(options.path, "Static");
    const fresh = freshTables(options.topology, options.reserved);
    const before = await state.read();
    if (before === undefined || Object.keys(before.tables).length === 0) {
      const shares = { tables: fresh, own: {} };
      state.write(shares);
      return new MemoryManager(state, shares);
    }
    for (const block of blocksOf(before)) takeMemory(fresh, block.numaAffinity, block);
    if (!sameTables(before.tables, fresh)) {
      const why = "[memorymanager] the expected machine state is different from the real one";
      throw state.unusable(`${why}, please drain node and remove policy state file`);
    }
    return new MemoryManager(state, before);
  }

  private constructor(state: MemoryState, shares: MemoryShares) {
    this.#state = state;
    this.#shares = shares;
    this.#reusable = { podUid: "", bytes: new Map() };
  }

  /** What nodes can give at all. */
  get allocatable(): readonly MemoryBlock[] {
    return Object.entries(this.#shares.tables).flatMap(([id, { memoryMap }]) =>
      Object.entries(memoryMap).flatMap(([type, { allocatable }]) =>
        allocatable === 0 ? [] : [{ numaAffinity: [Number(id)], type, size: allocatable }],
      ),
    );
  }

  blocks(podUid: string, container: string): readonly MemoryBlock[] {
    return this.#shares.own[podUid]?.[container] ?? [];
  }

  /** The nodes that a container's memory comes from; empty for any. */
  nodesFor(podUid: string, container: string): IdSet {
    return idSet(this.blocks(podUid, container).flatMap(({ numaAffinity }) => numaAffinity));
  }

  concerns(pod: Pod): boolean {
    return shareTakers(pod).some((container) => requestsOf(pod, container).size > 0);
  }

  hints(pod: Pod, container: Container): Hints {
    const request = requestsOf(pod, container);
    const own = this.blocks(pod.metadata.uid, container.name);
    return own.length > 0 ? hintsOfBlocks(own, request) : this.#hintsFor(pod, request);
  }

  podHints(pod: Pod): Hints {
    const request = podRequests(pod);
    const { uid } = pod.metadata;
    const own = shareTakers(pod).map(({ name }) => this.blocks(uid, name));
    const first = own.find((blocks) => blocks.length > 0);
    return first === undefined ? this.#hintsFor(pod, request) : hintsOfBlocks(first, request);
  }

  allocate(pod: Pod, container: Container, affinity: Hint): void {
    const request = requestsOf(pod, container);
    const { uid } = pod.metadata;
    if (request.size === 0) return;
    const before = this.blocks(uid, container.name);
    if (before.length > 0) {
      this.#noteReusable(pod, container, before);
      return;
    }
    const { nodes } = this.#choose(pod, request, affinity);
    const tables = structuredClone(this.#shares.tables);
    const blocks = [...request].map(([type, size]) => ({ numaAffinity: nodes, type, size }));
    for (const { type, size } of blocks) {
      const reused = this.#reusableOf(pod, nodes, type);
      takeMemory(tables, nodes, { type, size: Math.max(0, size - reused) });
    }
    this.#noteReusable(pod, container, blocks);
    const own = { ...this.#shares.own[uid], [container.name]: blocks };
    const taken = withoutTakenOver(own, { pod, container, blocks });
    this.#set({ tables, own: { ...this.#shares.own, [uid]: taken } });
  }

  release(podUid: string): void {
    const { [podUid]: gone, ...own } = this.#shares.own;
    if (gone === undefined) return;
    const tables = structuredClone(this.#shares.tables);
    returnMemory(tables, Object.values(gone).flat());
    this.#set({ tables, own });
  }

  retain(podUids: ReadonlySet<string>): void {
    for (const uid of Object.keys(this.#shares.own)) if (!podUids.has(uid)) this.release(uid);
  }

  #set(shares: MemoryShares): void {
    this.#shares = shares;
    this.#state.write(shares);
  }

  #memoryHints(pod: Pod, request: MemoryRequest): readonly MemoryHint[] {
    return memoryHints(this.#shares.tables, request, (nodes, type) =>
      this.#reusableOf(pod, nodes, type),
    );
  }

  #hintsFor(pod: Pod, request: MemoryRequest): Hints {
    if (request.size === 0) return NO_HINTS;
    return hintsByResource(request, this.#memoryHints(pod, request));
  }

  /** The nodes that suit, and more of them where they do not have enough. */
  #choose(pod: Pod, request: MemoryRequest, affinity: Hint): MemoryHint {
    const { tables } = this.#shares;
    const hints = this.#memoryHints(pod, request);
    const wanted = affinity.nodes;
    let chosen =
      wanted === undefined ? bestHint(hints) : { nodes: wanted, preferred: affinity.preferred };
    if (chosen === undefined)
      throw failed("get the default NUMA affinity, no NUMA nodes with enough memory is available");
    if (!chosen.preferred && affinity.preferred) throw failed("find the default preferred hint");
    const { nodes } = chosen;
    if (![...request].every(([type, size]) => freeOn(tables, nodes, type) >= size)) {
      const wider = hints.filter((one) => sameIds(intersection(nodes, one.nodes), nodes));
      chosen = bestHint(wider);
      if (chosen === undefined) throw failed("find NUMA nodes to extend the current topology hint");
      if (!chosen.preferred && affinity.preferred) throw failed("find the extended preferred hint");
    }
    if (!breaksGroups(tables, chosen.nodes)) return chosen;
    throw AllocationError.unexpected(
      "[memorymanager] preferred hint violates NUMA node allocation",
    );
  }

  #reusableOf({ metadata }: Pod, nodes: IdSet, type: string): number {
    const { podUid, bytes } = this.#reusable;
    return podUid === metadata.uid ? (bytes.get(`${nodes.join()} ${type}`) ?? 0) : 0;
  }

  /** An init container's memory is free for the next ones of its pod; nobody else's is. */
  #noteReusable(pod: Pod, container: Container, blocks: readonly MemoryBlock[]): void {
    const { uid } = pod.metadata;
    if (this.#reusable.podUid !== uid) this.#reusable = { podUid: uid, bytes: new Map() };
    const { bytes } = this.#reusable;
    for (const { numaAffinity, type, size } of blocks) {
      const before = this.#reusableOf(pod, numaAffinity, type);
      const now = isPassing(pod, container) ? Math.max(before, size) : Math.max(0, before - size);
      bytes.set(`${numaAffinity.join()} ${type}`, now);
    }
  }
}

function failed(what: string): AllocationError {
  return AllocationError.unexpected(`[memorymanager] failed to ${what}`);
}

function blocksOf({ own }: MemoryShares): readonly MemoryBlock[] {
  return Object.values(own).flatMap((containers) => Object.values(containers).flat());
}

/** An init container that ends before the next one starts. */
function isPassing({ spec }: Pod, { name }: Container): boolean {
  return (spec.initContainers ?? []).some((one) => one.name === name && !isSidecar(one));
}

/** Of init containers that have ended only what nobody has taken over is still theirs. */
function withoutTakenOver(
  own: Readonly<Record<string, readonly MemoryBlock[]>>,
  given: {
    readonly pod: Pod;
    readonly container: Container;
    readonly blocks: readonly MemoryBlock[];
  },
): Record<string, readonly MemoryBlock[]> {
  const left = new Map(Object.entries(own));
  const inits = given.pod.spec.initContainers ?? [];
  const at = inits.findIndex(({ name }) => name === given.container.name);
  const earlier = (at < 0 ? inits : inits.slice(0, at)).filter((one) => !isSidecar(one));
  for (const block of given.blocks) {
    let rest = block.size;
    for (const { name } of earlier) {
      const blocks = (left.get(name) ?? []).map((one) => {
        if (one.type !== block.type || !sameIds(one.numaAffinity, block.numaAffinity)) return one;
        const part = Math.min(rest, one.size);
        rest -= part;
        return { ...one, size: one.size - part };
      });
      if (blocks.length > 0) left.set(name, blocks);
    }
  }
  return Object.fromEntries(left);
}

/** What was given before is wanted again; something else than asked for has no preference. */
function hintsOfBlocks(blocks: readonly MemoryBlock[], request: MemoryRequest): Hints {
  const isSame =
    blocks.length === request.size && blocks.every(({ type, size }) => request.get(type) === size);
  if (!isSame) return NO_HINTS;
  return new Map(
    blocks.map(({ type, numaAffinity }) => [type, [{ nodes: numaAffinity, preferred: true }]]),
  );
}
