/**
 * rtnetlink: links, addresses, routes, rules, neighbours and queueing disciplines, as
 * functions over a connection. Each call is one request (a list is one dump) and blocks until the
 * kernel has answered; refusals are NetlinkError. The connection decides the network namespace.
 * Every name of a link is one of at most 15 bytes.
 *
 * @example
 * using conn = Conn.open();
 * createLink(conn, { kind: "bridge", name: "cni0", up: true });
 * const bridge = getLink(conn, "cni0");
 *
 * @module
 */
export {
  type AddressSpec,
  addAddress,
  addAddressRequest,
  deleteAddress,
  type LinkAddress,
  listAddresses,
} from "./addresses.ts";
export {
  type BridgeOptions,
  type BridgePortOptions,
  setBridge,
  setBridgePort,
  setBridgePortRequest,
} from "./bridge.ts";
export {
  addPortVlansRequest,
  deletePortVlansRequest,
  listPortVlans,
  type PortVlan,
  type PortVlans,
} from "./bridge-vlans.ts";
export { IFF, RT_SCOPE, RT_TABLE, RTPROT } from "./constants.ts";
export { createLink, createLinkRequest, type LinkSpec } from "./create-link.ts";
export { type LinkCounters, type LinkTraffic, listLinkCounters } from "./link-counters.ts";
export { hasLinkKind, hasVlanFiltering } from "./link-kinds.ts";
export {
  deleteLink,
  findLink,
  getLink,
  type Link,
  type LinkChanges,
  type LinkRef,
  listLinks,
  setLink,
  setLinkRequest,
} from "./links.ts";
export {
  deleteNeighbour,
  listNeighbours,
  type Neighbour,
  type NeighbourSpec,
  replaceNeighbour,
} from "./neighbours.ts";
export {
  addClsact,
  deleteQdisc,
  findQdisc,
  type Qdisc,
  type QdiscPlace,
  replaceTokenBucket,
  type TokenBucket,
  type TokenBucketSpec,
  transmitTicks,
} from "./qdiscs.ts";
export {
  addRedirect,
  deleteFilter,
  type FilterPlace,
  type LinkFilter,
  listFilters,
  type RedirectSpec,
} from "./redirects.ts";
export type { Nexthop, Route, RouteType } from "./route.ts";
export {
  addRoute,
  addRouteRequest,
  appendRoute,
  appendRouteRequest,
  deleteRoute,
  deleteRouteRequest,
  getRouteTo,
  listRoutes,
  type RouteSpec,
  replaceRoute,
} from "./routes.ts";
export { addRule, deleteRule, listRules, type Rule, type RuleSpec } from "./rules.ts";
