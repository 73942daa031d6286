import { type Cidr, formatAddress, formatCidr, type IpAddress } from "../ip/mod.ts";
import { type ChangeRequest, type Conn, Encoder, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import {
  RT_SCOPE,
  RT_TABLE,
  RTA,
  RTAX,
  RTM,
  RTM_F_CLONED,
  RTN,
  RTNH_F,
  RTPROT,
} from "./constants.ts";
import { decodeRoute, type Route, type RouteType } from "./route.ts";
import { afOf, attrAddress, networkOf } from "./wire.ts";

/** A route to add, replace or delete. Deleting matches what is given and leaves the rest open. */
export interface RouteSpec {
  readonly destination: Cidr;
  readonly gateway?: IpAddress;
  readonly linkIndex?: number;
  readonly source?: IpAddress;
  /** Default RT_TABLE.MAIN. */
  readonly table?: number;
  /** Default RTPROT.STATIC. */
  readonly protocol?: number;
  readonly scope?: number;
  /** Default unicast. */
  readonly type?: RouteType;
  readonly priority?: number;
  readonly mtu?: number;
  /** The largest TCP segment that is announced to the other end, in bytes. */
  readonly advmss?: number;
  readonly onlink?: boolean;
}

/** Routes of all tables, or of one, as `ip route show table all`. */
export function listRoutes(
  conn: Conn,
  filter: { readonly family?: 4 | 6; readonly table?: number; readonly linkIndex?: number } = {},
): Route[] {
  const af = filter.family === undefined ? AF.UNSPEC : afOf(filter.family);
  const request = startRoute(RTM.GETROUTE, 0, { af });
  if (filter.table !== undefined) request.attrU32(RTA.TABLE, filter.table);
  if (filter.linkIndex !== undefined) request.attrU32(RTA.OIF, filter.linkIndex);
  try {
    return conn.dump("list the routes", request, (message) => {
      if ((message.u32(8) & RTM_F_CLONED) !== 0) return undefined;
      const route = decodeRoute(message);
      if (route === undefined) return undefined;
      // Kernels without strict checking of dumps send everything.
      if (filter.table !== undefined && route.table !== filter.table) return undefined;
      return filter.linkIndex === undefined || usesLink(route, filter.linkIndex)
        ? route
        : undefined;
    });
  } catch (thrown) {
    // A table, or a link, that does not exist has no routes.
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.ENOENT || thrown.errno === ERRNO.ENODEV) return [];
    throw thrown;
  }
}

/** Which way a packet to an address would go, as `ip route get ADDRESS`; ENETUNREACH: none. */
export function getRouteTo(conn: Conn, address: IpAddress): Route {
  const bits = address.family === 4 ? 32 : 128;
  const request = startRoute(RTM.GETROUTE, 0, {
    af: afOf(address.family),
    prefixLength: bits,
  });
  attrAddress(request, RTA.DST, address);
  const route = conn.get(`find the route to ${formatAddress(address)}`, request, decodeRoute);
  if (route === undefined) throw new TypeError("The kernel answered with another family's route");
  return route;
}

/** Adds a route, as `ip route add`; EEXIST where destination, table and metric are taken. */
export function addRoute(conn: Conn, spec: RouteSpec): void {
  const { op, request } = addRouteRequest(spec);
  conn.request(op, request);
}

/** addRoute as one of several changes. */
export function addRouteRequest(spec: RouteSpec): ChangeRequest {
  const request = encodeRoute(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.EXCL, spec);
  return { op: `add the route ${describe(spec)}`, request };
}

/**
 * Adds a route beside those with the same destination and metric, as `ip route append`: IPv4 keeps
 * the first of them in use, IPv6 uses all. EEXIST where the very same route is there.
 */
export function appendRoute(conn: Conn, spec: RouteSpec): void {
  const { op, request } = appendRouteRequest(spec);
  conn.request(op, request);
}

/** appendRoute as one of several changes. */
export function appendRouteRequest(spec: RouteSpec): ChangeRequest {
  const request = encodeRoute(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.APPEND, spec);
  return { op: `append the route ${describe(spec)}`, request };
}

/** Adds a route or changes the one with the same destination, table and metric, as `ip route replace`. */
export function replaceRoute(conn: Conn, spec: RouteSpec): void {
  const request = encodeRoute(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.REPLACE, spec);
  conn.request(`set the route ${describe(spec)}`, request);
}

/** Deletes the first route that fits, as `ip route delete`; false where there is none. */
export function deleteRoute(conn: Conn, spec: RouteSpec): boolean {
  try {
    const { op, request } = deleteRouteRequest(spec);
    conn.request(op, request);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.ESRCH || thrown.errno === ERRNO.ENODEV) return false;
    throw thrown;
  }
}

/** deleteRoute as one of several changes; where there is none, it is refused with ESRCH. */
export function deleteRouteRequest(spec: RouteSpec): ChangeRequest {
  const open = { protocol: RTPROT.UNSPEC, scope: RT_SCOPE.NOWHERE };
  return {
    op: `delete the route ${describe(spec)}`,
    request: encodeRoute(RTM.DELROUTE, 0, { ...open, ...spec }),
  };
}

function usesLink(route: Route, linkIndex: number): boolean {
  return route.linkIndex === linkIndex || route.nexthops.some((n) => n.linkIndex === linkIndex);
}

function describe(spec: RouteSpec): string {
  const via = spec.gateway === undefined ? "" : ` via ${formatAddress(spec.gateway)}`;
  const on = spec.linkIndex === undefined ? "" : ` on link ${spec.linkIndex}`;
  const table =
    spec.table === undefined || spec.table === RT_TABLE.MAIN ? "" : ` in table ${spec.table}`;
  return `${formatCidr(spec.destination)}${via}${on}${table}`;
}

/** The fields of struct rtmsg; those left out are zero. */
interface RouteHeader {
  readonly af: number;
  readonly prefixLength?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: number;
  readonly type?: number;
  readonly flags?: number;
}

function startRoute(type: number, flags: number, header: RouteHeader): Encoder {
  return new Encoder()
    .message(type, flags)
    .u8(header.af)
    .u8(header.prefixLength ?? 0)
    .u8(0)
    .u8(0)
    .u8(header.table ?? 0)
    .u8(header.protocol ?? 0)
    .u8(header.scope ?? 0)
    .u8(header.type ?? 0)
    .u32(header.flags ?? 0);
}

function encodeRoute(type: number, flags: number, spec: RouteSpec): Encoder {
  const { destination } = spec;
  const table = spec.table ?? RT_TABLE.MAIN;
  const encoder = startRoute(type, flags, {
    af: afOf(destination.family),
    prefixLength: destination.prefixLength,
    // The header has one byte for the table; the attribute below is what counts.
    table: table < 256 ? table : RT_TABLE.UNSPEC,
    protocol: spec.protocol ?? RTPROT.STATIC,
    scope: spec.scope ?? defaultScope(spec),
    type: RTN[spec.type ?? "unicast"],
    flags: spec.onlink === true ? RTNH_F.ONLINK : 0,
  });
  if (destination.prefixLength > 0) attrAddress(encoder, RTA.DST, networkOf(destination));
  if (spec.gateway !== undefined) attrAddress(encoder, RTA.GATEWAY, spec.gateway);
  if (spec.linkIndex !== undefined) encoder.attrU32(RTA.OIF, spec.linkIndex);
  if (spec.source !== undefined) attrAddress(encoder, RTA.PREFSRC, spec.source);
  if (spec.priority !== undefined) encoder.attrU32(RTA.PRIORITY, spec.priority);
  encoder.attrU32(RTA.TABLE, table);
  const { mtu, advmss } = spec;
  if (mtu !== undefined || advmss !== undefined) {
    encoder.nest(RTA.METRICS, (metrics) => {
      if (mtu !== undefined) metrics.attrU32(RTAX.MTU, mtu);
      if (advmss !== undefined) metrics.attrU32(RTAX.ADVMSS, advmss);
    });
  }
  return encoder;
}

/** As ip(8): what is on the link itself is of the link, what is the host's own is of the host. */
function defaultScope(spec: RouteSpec): number {
  if (spec.type === "local") return RT_SCOPE.HOST;
  if (spec.destination.family === 6 || spec.gateway !== undefined) return RT_SCOPE.UNIVERSE;
  return spec.type === undefined || spec.type === "unicast" ? RT_SCOPE.LINK : RT_SCOPE.UNIVERSE;
}
