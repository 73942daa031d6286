/**
 * What others may ask the proxy about its health: /healthz and /livez, and the health check ports of
 * Services.
 *
 * @module
 */
export { type HealthReport, HealthState, type IpFamilyName } from "./health-state.ts";
export { HealthCheckServers, type Listener, listen } from "./servers.ts";
export { type HealthCheck, healthCheckAnswer, healthCheckOf } from "./service-health.ts";
