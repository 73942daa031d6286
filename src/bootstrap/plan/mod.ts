/**
 * What a node should be, how it is, and the steps between: plain data on both sides of the wire.
 *
 * @module
 */
export type {
  DesiredFile,
  DesiredModule,
  DesiredNode,
  DesiredRoute,
  DesiredUnit,
  Digest,
  NodeTraces,
  Readiness,
} from "./desired.ts";
export type {
  Generation,
  MissingBlob,
  ObservedFile,
  ObservedNode,
  ObservedUnit,
} from "./observed.ts";
export type { NodePlan, Step } from "./step.ts";
