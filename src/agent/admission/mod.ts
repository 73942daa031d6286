/**
 * Which pods the node takes: what it can run, what it has room for, what goes with its labels and
 * taints; and who has to go for a critical pod.
 *
 * @module
 */
export {
  NodeAdmission,
  type NodeAdmissionDeps,
  type PodPlaces,
  type ShareGate,
} from "./node-admission.ts";
export type { NodeView, Rejection } from "./rejection.ts";
