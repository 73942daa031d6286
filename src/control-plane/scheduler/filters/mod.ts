/**
 * Which nodes may have a pod, with upstream's reasons for those that may not.
 *
 * @module
 */
import type { Filter } from "../cycle.ts";
import { freePorts, resources } from "./fit.ts";
import { nodeAffinity, nodeName, nodeUnschedulable, taints } from "./node.ts";
import { existingAntiAffinity, podAffinity, podAntiAffinity } from "./pod-affinity.ts";
import { topologySpread } from "./topology-spread.ts";
import { volumes } from "./volumes.ts";

export { meansPod } from "./pod-affinity.ts";
export { spreadsOf } from "./topology-spread.ts";
export { missingClaim } from "./volumes.ts";

/** In upstream's order: the first that rejects a node gives the reason. */
export const FILTERS: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taints,
  nodeAffinity,
  freePorts,
  resources,
  volumes,
  topologySpread,
  podAffinity,
  podAntiAffinity,
  existingAntiAffinity,
];
