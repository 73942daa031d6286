/**
 * Container log files in the CRI format, across rotation.
 *
 * @module
 */
export type { LogLine } from "./log-line.ts";
export { parseLogLine } from "./log-line.ts";
export { type ReadLogsOptions, readLogs } from "./read-logs.ts";
