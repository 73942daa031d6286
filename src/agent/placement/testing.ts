import type { Cpu, MachineTopology } from "../../machine/mod.ts";

/** A machine of so many CPUs; each one's place by its number, nodes without memory. */
export function machineOf(
  count: number,
  place: (id: number) => Partial<Omit<Cpu, "id">>,
): MachineTopology {
  const cpus = Array.from({ length: count }, (_, id): Cpu => {
    const { core = id, socket = 0, ...rest } = place(id);
    return { id, core, socket, node: rest.node ?? 0, cache: rest.cache ?? socket };
  });
  const nodes = [...new Set(cpus.map(({ node }) => node))].map((id) => ({
    ...{ id, distances: [], memoryBytes: 0, hugePages: new Map<number, number>() },
  }));
  return { cpus, nodes };
}

const by = (id: number, size: number): number => Math.floor(id / size);

/** Machines that differ in what their CPUs share; SMT: two CPUs a core. */
export const MACHINES = {
  /** 8 CPUs, SMT. */
  one: machineOf(8, (id) => ({ core: id % 4 })),
  /** 12 CPUs, SMT; even ones on socket 0. */
  two: machineOf(12, (id) => ({ core: id % 6, socket: id % 2, node: id % 2 })),
  /** 8 CPUs on two sockets, no SMT. */
  twoPlain: machineOf(8, (id) => ({ socket: by(id, 4), node: by(id, 4) })),
  /** 80 CPUs, SMT; two sockets of two nodes. */
  four: machineOf(80, (id) => ({
    ...{ core: id % 40, socket: by(id % 40, 20), node: by(id % 40, 10) },
  })),
  /** 256 CPUs, SMT; two sockets of four nodes. */
  eight: machineOf(256, (id) => ({
    ...{ core: id % 128, socket: by(id % 128, 64), node: by(id % 128, 16) },
  })),
  /** 16 CPUs, four to a cache. */
  caches: machineOf(16, (id) => ({ cache: by(id, 4) })),
  cachesTwoSockets: machineOf(16, (id) => ({ cache: by(id, 4), socket: by(id, 8) })),
  cachesTwoNodes: machineOf(16, (id) => ({ cache: by(id, 4), node: by(id, 8) })),
  /** 16 CPUs, SMT, eight to a cache. */
  cachesSmt: machineOf(16, (id) => ({ core: id % 8, cache: by(id % 8, 4) })),
} as const;
