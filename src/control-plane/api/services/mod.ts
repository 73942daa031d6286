/**
 * ClusterIPs and node ports of Services.
 *
 * @module
 */
export { ServiceAllocator, type ServiceRanges } from "./service-allocator.ts";
