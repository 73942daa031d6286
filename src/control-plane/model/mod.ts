/**
 * What the control plane's parts ask of objects: node affinity, taints, pods, owners, names, conditions. Pure.
 *
 * @module
 */

export { type AnyCondition, withCondition, withoutCondition } from "./conditions.ts";
export { resolveIntOrPercent } from "./int-or-percent.ts";
export { generateName, hashOf } from "./names.ts";
export { matchesAnyTerm, matchesNodeAffinity, matchesNodeTerm } from "./node-affinity.ts";
export { apiVersionOf, controllerOf, controllerReference, isControlledBy } from "./owners.ts";
export {
  availableInMs,
  isActive,
  isAvailable,
  isReady,
  isTerminated,
  nextAvailableMs,
  podCondition,
} from "./pods.ts";
export { qosClass } from "./qos-class.ts";
export {
  type Amounts,
  addAmounts,
  parseAmounts,
  podLevelResources,
  podRequests,
} from "./resources.ts";
export { untolerated } from "./taints.ts";
