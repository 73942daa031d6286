/**
 * Pressure on the node: what runs short, which conditions say so, and which pods have to go.
 *
 * @module
 */
export { type MeasuredPod, measurePods } from "./consumption.ts";
export { Evictor, type EvictorDeps, PressureBoard } from "./evictor.ts";
export { observeImages, observeNode } from "./observe.ts";
