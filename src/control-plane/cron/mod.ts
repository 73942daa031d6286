/**
 * Schedules of CronJobs: the grammar of cron as Kubernetes reads it (github.com/robfig/cron v3,
 * standard parser) and the times that it gives in a time zone. Pure.
 *
 * @module
 */

export { nextTime } from "./next-time.ts";
export { type CronSchedule, parseCron } from "./parse-cron.ts";
export { findZone, systemZone, type Zone } from "./zone.ts";
