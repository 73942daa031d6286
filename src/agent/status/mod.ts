/**
 * A pod's status as a function of its spec, what the runtime has of it, and its probes. Pure.
 *
 * @module
 */
export { podStatus, rejectionOf } from "./pod-status.ts";
export { type QosClass, qosClass } from "./qos-class.ts";
export { apiTime, type Failure, type StatusInput } from "./status-input.ts";
