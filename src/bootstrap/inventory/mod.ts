/**
 * The cluster directory: machines.txt, nodewright.yaml and the files that nodes get, read once
 * into plain data with the place of everything. Limits: reads text files below 10 MiB; judges
 * the inventory and the settings, not what the templates say (render and check do).
 *
 * @module
 */
export { CLUSTER_FILES, type Cluster, nodeFiles } from "./cluster.ts";
export { type Hook, type Hooks, isHookPath } from "./hooks.ts";
export { loadCluster } from "./load-cluster.ts";
export {
  addressOfFamily,
  isWorker,
  type Machine,
  type MachineAddress,
  type PodSubnet,
  subnetOfFamily,
} from "./machine.ts";
export type { ClusterCidrs } from "./machine-conflicts.ts";
export { type ParsedMachines, parseMachines } from "./parse-machines.ts";
export { parseSettings } from "./parse-settings.ts";
export { selectManaged, selectNodes } from "./select-nodes.ts";
export {
  DEFAULT_SETTINGS,
  type FileOverride,
  type IgnoredFinding,
  type ImageArchive,
  type MaxUnavailable,
  type NodeSettings,
  parseMaxUnavailable,
  type Settings,
  type SshSettings,
  type SudoMode,
  settingsOf,
  unavailableLimit,
} from "./settings.ts";
export { settingsSchema } from "./settings-schema.ts";
