/**
 * What a node should be, how it is, and the steps between: plain data on both sides of the wire.
 * Pure: what is observed and what is carried out is node/'s.
 *
 * @example
 * const plan = planNode(desired, observed);
 * if (!hasErrors(plan.problems)) for (const line of describePlan(plan)) print(line);
 *
 * @module
 */

export type { ObservedUnit } from "../machine/mod.ts";
export { describePlan, describeStep, planSummary } from "./describe-plan.ts";
export type {
  DesiredFile,
  DesiredImage,
  DesiredModule,
  DesiredNode,
  DesiredRoute,
  DesiredUnit,
  Digest,
  NodeTraces,
  Readiness,
} from "./desired.ts";
export type { Generation, MissingBlob, ObservedFile, ObservedNode } from "./observed.ts";
export { planNode } from "./plan-node.ts";
export { isStateDirectory } from "./state-directory.ts";
export type { NodePlan, Step, StepKind } from "./step.ts";
