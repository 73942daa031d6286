/**
 * What a service proxy must bring about, apart from how: Services, EndpointSlices and the node in,
 * routes out. Pure; one address family at a time.
 *
 * @module
 */
export { type ChosenEndpoints, chooseEndpoints, type ProxyNode } from "./choose-endpoints.ts";
export { type Endpoint, type EndpointSliceObject, SERVICE_NAME_LABEL } from "./endpoint.ts";
export { type Route, routeServicePort, type Way } from "./route.ts";
export {
  isExternallyAccessible,
  type Protocol,
  portKey,
  type ServiceObject,
  type ServicePort,
  servicePortName,
} from "./service-port.ts";
export { type ServiceState, ServiceStore } from "./service-store.ts";
