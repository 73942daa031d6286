/**
 * What the kernel can do for a worker node, found out by doing it: features are tried in throw-away
 * namespaces, never looked up by the names of modules. Says what is missing and which module would
 * bring it; whether to load it is the applier's business.
 *
 * @module
 */
export { type ProbeOptions, probeKernel } from "./probe-kernel.ts";
export type {
  CgroupReport,
  ProbeLimit,
  ProbeReport,
  ProbeResult,
  ProbeState,
} from "./probe-report.ts";
export { probeCommand, runProbeInChild } from "./run-probe.ts";
