import type { IdSet, MachineTopology } from "../../machine/mod.ts";
import { cpusIn, only, partsOf } from "./cpu-pool.ts";
import { type Hint, nodeSets } from "./hints.ts";

/** What hints for CPUs are made from. */
export interface CpuHintInput {
  readonly topology: MachineTopology;
  readonly free: IdSet;
  /** CPUs that the pod has already and that the request may take again: every hint has their nodes. */
  readonly reusable: IdSet;
  readonly count: number;
  readonly alignsSockets: boolean;
}

/** Pure: the sets of nodes that have enough free CPUs; preferred are the smallest that could ever do. */
export function cpuHints({ topology, free, reusable, count, alignsSockets }: CpuHintInput): Hint[] {
  const { cpus } = topology;
  const nodes = partsOf(cpus, "node");
  let least = nodes.length;
  const found: IdSet[] = [];
  const reused = partsOf(only(cpus, reusable), "node");
  for (const set of nodeSets(nodes)) {
    if (cpusIn(cpus, "node", set).length >= count) least = Math.min(least, set.length);
    if (!reused.every((node) => set.includes(node))) continue;
    const matching = reusable.length + cpusIn(only(cpus, free), "node", set).length;
    if (matching >= count) found.push(set);
  }
  return found.map((set) => ({
    nodes: set,
    preferred:
      set.length === least || (alignsSockets && spansFewestSockets(topology, { set, least })),
  }));
}

function spansFewestSockets(
  { cpus }: MachineTopology,
  { set, least }: { readonly set: IdSet; readonly least: number },
): boolean {
  const perSocket = Math.floor(partsOf(cpus, "node").length / partsOf(cpus, "socket").length);
  if (perSocket === 0) return false;
  const sockets = partsOf(only(cpus, cpusIn(cpus, "node", set)), "socket");
  return sockets.length === Math.ceil(least / perSocket);
}
