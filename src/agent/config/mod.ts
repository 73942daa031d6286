/**
 * What the agent is told: flags over drop-ins over the file over the kubelet's defaults, as one
 * typed object. A field that is set and that the agent does not obey is an error that names it.
 *
 * @module
 */
export { flagHelp } from "./flags.ts";
export { type LoadedConfig, loadConfig } from "./load-config.ts";
export type {
  AgentPaths,
  AgentSettings,
  Amounts,
  CgroupSettings,
  NodeSettings,
  PodSettings,
  RuntimeSettings,
  ServerSettings,
  Taint,
} from "./settings.ts";
