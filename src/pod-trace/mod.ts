/**
 * A pod's way from its creation to Ready, out of what the API server keeps of it: conditions,
 * container states and events, of any kubelet. Pure.
 *
 * @module
 */
export type { PodTraceSources } from "./sources.ts";
export { type PodTrace, type Stuck, type TraceStep, tracePod } from "./trace-pod.ts";
export { traceText } from "./trace-text.ts";
