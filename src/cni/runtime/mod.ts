/**
 * The runtime side of the Container Network Interface: what containerd, or `cnitool`, does. Networks
 * of a directory, chains of plugins, the cache of results, locks between processes.
 *
 * @module
 */
export { isSameNetns } from "../plugins/lib/same-netns.ts";
export { bootedAtMs } from "./booted-at.ts";
export { type ConfDir, type ConfFile, completeList, readConfDir } from "./conf-dir.ts";
export { defaultFile, findNetwork, requireNetwork } from "./find-network.ts";
export { addressesOf, dataDirsOf, type Holding, listHoldings } from "./holdings.ts";
export {
  type InstallOutcome,
  type InstallReport,
  installPlugins,
  removePlugins,
} from "./install-plugins.ts";
export { installUnits, removeUnits } from "./install-units.ts";
export { type GcChoice, type GcEntry, type GcPlan, planGc } from "./plan-gc.ts";
export { type CallObserver, type PluginCall, PluginCaller } from "./plugin-caller.ts";
export type { AttachmentSpec } from "./request.ts";
export { type CachedAttachment, ResultCache, type UnreadableEntry } from "./result-cache.ts";
export { createRunProcess, type ProcessOutcome, type RunProcess } from "./run-process.ts";
export { type AddOptions, type DelOptions, Runtime, type RuntimeParts } from "./runtime.ts";
export { type LockWait, RuntimeLocks } from "./runtime-locks.ts";
export { PAGE_HEAD } from "./trace/html/page-head.ts";
export { traceHtml } from "./trace/html/trace-html.ts";
export { TRACE_STYLE } from "./trace/html/trace-style.ts";
export { html, Markup } from "./trace/markup.ts";
export { TemporaryNetns } from "./trace/temporary-netns.ts";
export { type TraceWords, traceWords } from "./trace/texts/texts.ts";
export { traceNetwork } from "./trace/trace-network.ts";
export type { TraceReport } from "./trace/trace-report.ts";
export { traceText } from "./trace/trace-text.ts";
export type { PluginVersions } from "./version-answer.ts";
