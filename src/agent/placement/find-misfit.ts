import { difference, formatIds, type IdSet, type MachineTopology } from "../../machine/mod.ts";
import type { PlacementSettings } from "../config/mod.ts";
import { partsOf } from "./cpu-pool.ts";

/** Pure: why these settings do not go with this machine; undefined where they do. */
export function findMisfit(
  { cpu, memory, topology: alignment }: PlacementSettings,
  { reserved, topology }: { readonly reserved: IdSet; readonly topology: MachineTopology },
): string | undefined {
  const { cpus, nodes } = topology;
  if (alignment.policy !== "none" && nodes.length > alignment.maxNodes) {
    return `unsupported on machines with more than ${alignment.maxNodes} NUMA Nodes`;
  }
  const strange = memory.reserved.find(({ node }) => !nodes.some(({ id }) => id === node));
  if (memory.policy === "Static" && strange !== undefined) {
    return `the reserved memory configuration references a NUMA node ${strange.node} that does not exist on this machine`;
  }
  if (cpu.policy === "none") return undefined;
  const unknown = difference(
    reserved,
    cpus.map(({ id }) => id),
  );
  if (unknown.length > 0) return `reservedSystemCPUs has unknown CPUs: ${formatIds(unknown)}`;
  if (cpu.options["align-by-socket"] !== "true") return undefined;
  if (alignment.policy === "single-numa-node") {
    return "topology manager policy single-numa-node is incompatible with CPU manager option align-by-socket";
  }
  if (partsOf(cpus, "socket").length <= partsOf(cpus, "node").length) return undefined;
  return "align-by-socket is not compatible with hardware that has more sockets than NUMA nodes";
}
