/**
 * Conformance of CNI plugins as executables: any directory of plugins, ours or others, against
 * the specification (environment, operations, versions) on a host that is a network namespace.
 *
 * @module
 */

export { type AttachmentOptions, type CallOptions, TestAttachment } from "./attachment.ts";
export { type Check, said } from "./check.ts";
export { kernelState } from "./kernel-state.ts";
export { type Conformance, checkConformance } from "./run-conformance.ts";
export { hostLocal, isServedByKernel, SUBJECTS, type Subject } from "./subjects.ts";
export { type PluginAnswer, type PluginCall, TestHost, UPLINK } from "./test-host.ts";
