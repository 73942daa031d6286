/**
 * What a service proxy has to do with the kernel's connection tracking: UDP connections to
 * endpoints that are gone, and the sizes and times that the configuration asks for.
 *
 * @module
 */
export { forgetStaleUdp, staleUdp, type UdpService } from "./stale-entries.ts";
export { type ConntrackSysctl, conntrackSysctls } from "./sysctls.ts";
