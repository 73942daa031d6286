/**
 * What pods and the machine use, as cAdvisor's metrics. What only cAdvisor itself could know (load
 * averages, states of tasks, ulimits, statistics of block devices) is left out.
 */
export { type CgroupOwner, cadvisorMetrics, type OwnedReport } from "./cadvisor-metrics.ts";
export type { FileSystemUsage } from "./cadvisor-rows.ts";
export { type CgroupReport, readCgroups } from "./read-cgroups.ts";
