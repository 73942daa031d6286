/**
 * What the agent is told: flags over drop-ins over the file over the kubelet's defaults, as one
 * typed object. A field that is set and that the agent does not obey is an error that names it.
 *
 * @module
 */
export { flagHelp, parseAgentFlags } from "./flags.ts";
export { type LoadedConfig, loadConfig } from "./load-config.ts";
export type { NodeMemory, PlacementSettings } from "./placement-settings.ts";
export type { Amounts } from "./reservations.ts";
export type {
  AgentPaths,
  AgentSettings,
  CgroupSettings,
  ImageCollection,
  NodeSettings,
  PodSettings,
  RuntimeSettings,
  ServerSettings,
  Taint,
} from "./settings.ts";
export type { StaticUrl } from "./static-url.ts";
export { findUnsupported } from "./supported.ts";
export {
  amountOfValue,
  type PressureCondition,
  type PressureSettings,
  SIGNALS,
  type Signal,
  type Threshold,
  type ThresholdValue,
} from "./thresholds.ts";
