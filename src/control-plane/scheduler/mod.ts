/**
 * The scheduler of the lab's control plane, a plain client of the API. What becomes of a pod is one
 * function of the pod and the cluster (`schedulePod`, pure); reasons are worded as upstream's.
 * Volumes are only looked at where they are bound: nobody provisions them here.
 *
 * @module
 */
export { runScheduler, type SchedulerOptions } from "./run-scheduler.ts";
