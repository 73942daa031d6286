/**
 * The Node object and its Lease: registration, status, conditions.
 *
 * @module
 */
export { checkMachine } from "./check-machine.ts";
export { keepLease } from "./lease.ts";
export { NodeReporter } from "./node-reporter.ts";
export { allocatable } from "./node-status.ts";
export { nodeView } from "./node-view.ts";
export { findNodeIPs, type MachineInfo, readMachine } from "./read-machine.ts";
export { RuntimeHealth } from "./runtime-health.ts";
