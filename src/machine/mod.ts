/**
 * A Linux machine: how to read it and how to change it. Disks, systemd, sysctls, modules, swap,
 * processes and what the kernel can do; facts are plain data, judged elsewhere.
 *
 * Limits: Linux with systemd; changing anything needs root.
 *
 * @module
 */
export { type DialResult, dial } from "./dial.ts";
export { Disk } from "./disk.ts";
export { codeOf, noSpace } from "./disk-errors.ts";
export { createExec, type Exec, execOrThrow } from "./exec.ts";
export {
  type ActiveSwap,
  type ClockFacts,
  collectFacts,
  countCpus,
  type DiskFacts,
  type FactsRequest,
  type FactsSources,
  FileTree,
  type FirewallFacts,
  type ForeignSoftware,
  type LinkFacts,
  type Listener,
  type NetworkFacts,
  NODE_COMMANDS,
  NODE_PATH,
  type NodeFacts,
  type OsFacts,
  type PersistentSwap,
  parseForwardAccepts,
  parseMeminfo,
  parseOsRelease,
  type RouteFacts,
  readNetwork,
  type SystemdFacts,
} from "./facts/mod.ts";
export { readPersistentSwaps } from "./facts/read-system.ts";
export { commentSwapLines, restoreSwapLines, swapLines } from "./fstab.ts";
export {
  difference,
  formatIds,
  type IdSet,
  idSet,
  intersection,
  parseIds,
  sameIds,
  union,
} from "./id-set.ts";
export {
  type ForeignKind,
  foreignKind,
  MAX_CLOCK_SKEW_MS,
  NEEDED_CONTROLLERS,
  neededCommands,
} from "./judgement.ts";
export type { Kernel, RunningProcess } from "./kernel.ts";
export { createLinuxKernel } from "./linux/linux-kernel.ts";
export { nftChains } from "./linux/nft-chains.ts";
export {
  type CgroupReport,
  type ProbeLimit,
  type ProbeOptions,
  type ProbeReport,
  type ProbeResult,
  type ProbeState,
  probeCommand,
  probeKernel,
  runProbeInChild,
} from "./probe/mod.ts";
export { createSystemctl } from "./systemctl.ts";
export type { ObservedUnit, Systemd, UnitState } from "./systemd.ts";
export { type Cpu, type MachineTopology, type MemoryNode, readTopology } from "./topology.ts";
