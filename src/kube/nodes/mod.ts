/**
 * What an installer does with Nodes through the API: wait until one is ready, cordon, drain,
 * uncordon, delete; and see whether the API server may reach kubelets. No informers, no caches.
 *
 * @module
 */
export { cordonNode, deleteNode, releaseNode, uncordonNode } from "./cordon.ts";
export { type DrainPermissions, type DrainVerdict, judgePod } from "./drain-filter.ts";
export { type DrainEvent, type DrainOptions, drainNode } from "./drain-node.ts";
export { type Heartbeat, readHeartbeat } from "./heartbeat.ts";
export { findKubeletAccess, type KubeletAccess } from "./kubelet-access.ts";
export { NodeError } from "./node-error.ts";
export {
  conditionOf,
  describeConditions,
  type WaitOptions,
  waitNodeReady,
} from "./wait-node-ready.ts";
