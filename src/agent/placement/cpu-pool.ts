import {
  type Cpu,
  difference,
  type IdSet,
  idSet,
  type MachineTopology,
} from "../../machine/mod.ts";

/** What CPUs share. */
export type Level = "node" | "socket" | "cache" | "core";

/** How many logical CPUs each part of a machine has, on average, rounded down. */
export function cpusPer(topology: MachineTopology, level: Level): number {
  const parts = new Set(topology.cpus.map((cpu) => cpu[level])).size;
  return parts === 0 ? 0 : Math.floor(topology.cpus.length / parts);
}

/** The CPUs of some parts of a level. */
export function cpusIn(cpus: readonly Cpu[], level: Level, parts: readonly number[]): IdSet {
  return cpus.filter((cpu) => parts.includes(cpu[level])).map(({ id }) => id);
}

/** The parts of a level that some CPUs belong to. */
export function partsOf(cpus: readonly Cpu[], level: Level): IdSet {
  return idSet(cpus.map((cpu) => cpu[level]));
}

export function only(cpus: readonly Cpu[], ids: IdSet): readonly Cpu[] {
  const wanted = new Set(ids);
  return cpus.filter(({ id }) => wanted.has(id));
}

/**
 * Free CPUs from which a number of them is taken, part by part. Parts are always tried from the one
 * with the fewest free CPUs on, so that whole ones stay whole for others.
 */
export class CpuPool {
  readonly topology: MachineTopology;
  #free: readonly Cpu[];
  #taken: number[] = [];
  #needed: number;
  /** True where a node has at least a socket's CPUs: nodes are then the larger part. */
  readonly #nodesFirst: boolean;

  constructor(topology: MachineTopology, free: IdSet, needed: number) {
    this.topology = topology;
    this.#free = only(topology.cpus, free);
    this.#needed = needed;
    const count = (level: Level) => partsOf(topology.cpus, level).length;
    this.#nodesFirst = count("socket") >= count("node");
  }

  get free(): readonly Cpu[] {
    return this.#free;
  }
  get taken(): IdSet {
    return idSet(this.#taken);
  }
  get needed(): number {
    return this.#needed;
  }

  take(ids: IdSet): void {
    this.#taken.push(...ids);
    this.#needed -= ids.length;
    this.#free = only(
      this.#free,
      difference(
        this.#free.map(({ id }) => id),
        ids,
      ),
    );
  }

  /** Free CPUs of a part. */
  freeIn(level: Level, part: number): IdSet {
    return cpusIn(this.#free, level, [part]);
  }

  /** Whole nodes and sockets, the larger of the two first. */
  takeLargest(): void {
    const order: readonly Level[] = this.#nodesFirst ? ["node", "socket"] : ["socket", "node"];
    for (const level of order) this.takeWhole(level);
  }

  /** Whole parts of a level, as long as all of one is needed. */
  takeWhole(level: Level): void {
    for (const part of this.sorted(level)) {
      const all = cpusIn(this.topology.cpus, level, [part]);
      const full =
        level === "socket" || level === "core" ? cpusPer(this.topology, level) : all.length;
      if (this.freeIn(level, part).length !== full || this.#needed < all.length) continue;
      this.take(all);
    }
  }

  /** Parts with a free CPU: within the larger part that they belong to, the fewest free first. */
  sorted(level: Level): readonly number[] {
    switch (level) {
      case "node":
        return this.#nodesFirst ? this.#byFree("node") : this.#within("socket", "node");
      case "socket":
        return this.#nodesFirst ? this.#within("node", "socket") : this.#byFree("socket");
      case "cache":
        return this.#within("node", "cache");
      case "core":
        return this.#within(this.#nodesFirst ? "socket" : "node", "core");
    }
  }

  #within(outer: Level, level: Level): readonly number[] {
    return this.sorted(outer).flatMap((part) =>
      this.#byFree(
        level,
        this.#free.filter((cpu) => cpu[outer] === part),
      ),
    );
  }

  #byFree(level: Level, cpus: readonly Cpu[] = this.#free): readonly number[] {
    const free = new Map(
      partsOf(cpus, level).map((part) => [part, this.freeIn(level, part).length]),
    );
    return [...free].sort(([a, m], [b, n]) => m - n || a - b).map(([part]) => part);
  }

  /** Single CPUs: those of one core after another, or `spread` over the cores of a socket. */
  sortedCpus(spread: boolean): IdSet {
    const level = spread ? "socket" : "core";
    return this.sorted(level).flatMap((part) => this.freeIn(level, part));
  }

  /** Whole last-level caches, then cores of as few caches as possible. */
  takeCaches(): void {
    for (const cache of this.sorted("cache")) {
      if (this.#needed >= cpusPer(this.topology, "cache")) this.takeWhole("cache");
      if (this.#needed < 1) return;
      this.#takeOfCache(cache);
      if (this.#needed < 1) return;
    }
  }

  /** All that is still needed from one cache, or nothing. */
  #takeOfCache(cache: number): void {
    const perCore = cpusPer(this.topology, "core");
    const cores = partsOf(only(this.#free, this.freeIn("cache", cache)), "core");
    const some = cores.slice(0, Math.ceil(this.#needed / perCore));
    let cpus = cpusIn(this.#free, "core", some);
    if (this.#needed % 2 !== 0 && perCore > 1 && cpus.length > this.#needed)
      cpus = cpus.slice(0, -1);
    if (cpus.length === this.#needed) this.take(cpus);
  }
}
