/**
 * The PodResources API (v1): which container has which CPUs, memory, devices and claims.
 *
 * @module
 */
export type { ContainerShare, NodeShare } from "./describe-shares.ts";
export { type PodResourcesDeps, servePodResources } from "./serve-pod-resources.ts";
