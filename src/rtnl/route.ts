import type { Cidr, IpAddress } from "../ip/mod.ts";
import type { Attributes, Message } from "../netlink/mod.ts";
import { RTA, RTAX, RTMSG_BYTES, RTN, RTNEXTHOP_REST_BYTES, RTNH_F } from "./constants.ts";
import { cidrOf, familyOf, readAddress } from "./wire.ts";

/** What happens with a packet that a route is for. */
export type RouteType = keyof typeof RTN;

/** One way of a route with several. */
export interface Nexthop {
  readonly linkIndex: number;
  readonly gateway?: IpAddress;
  /** From 1; a way's share of the packets. */
  readonly weight: number;
}

/** A route as the kernel has it. */
export interface Route {
  /** `0.0.0.0/0` or `::/0` for the default route. */
  readonly destination: Cidr;
  readonly gateway?: IpAddress;
  readonly linkIndex?: number;
  /** The address that packets of this host get as their source. */
  readonly source?: IpAddress;
  readonly table: number;
  /** An RTPROT value, or a routing daemon's number. */
  readonly protocol: number;
  /** An RT_SCOPE value. */
  readonly scope: number;
  readonly type: RouteType | "other";
  /** The metric; of two routes to one destination the lower one counts. */
  readonly priority: number;
  readonly mtu?: number;
  /** The largest TCP segment that is announced to the other end, in bytes. */
  readonly advmss?: number;
  /** The gateway counts as reachable although no address of the link is in its net. */
  readonly isOnlink: boolean;
  /** Empty unless the route has several ways; gateway and linkIndex are then absent. */
  readonly nexthops: readonly Nexthop[];
}

function typeName(number: number): RouteType | "other" {
  for (const name in RTN) {
    // cast: the keys of RTN are the route types
    if (RTN[name as RouteType] === number) return name as RouteType;
  }
  return "other";
}

/** Decodes RTM_NEWROUTE; undefined for other families than IP. */
export function decodeRoute(message: Message): Route | undefined {
  const family = familyOf(message.u8(0));
  if (family === undefined) return undefined;
  const prefixLength = message.u8(1);
  let destination: Cidr = { family, network: 0n, prefixLength };
  let route: Omit<Route, "destination"> = {
    table: message.u8(4),
    protocol: message.u8(5),
    scope: message.u8(6),
    type: typeName(message.u8(7)),
    priority: 0,
    isOnlink: (message.u32(8) & RTNH_F.ONLINK) !== 0,
    nexthops: [],
  };
  const a = message.attributes(RTMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === RTA.DST) {
      const address = readAddress(a);
      if (address !== undefined) destination = cidrOf(address, prefixLength);
    } else if (attribute === RTA.GATEWAY) {
      const gateway = readAddress(a);
      if (gateway !== undefined) route = { ...route, gateway };
    } else if (attribute === RTA.PREFSRC) {
      const source = readAddress(a);
      if (source !== undefined) route = { ...route, source };
    } else if (attribute === RTA.OIF) route = { ...route, linkIndex: a.u32() };
    else if (attribute === RTA.PRIORITY) route = { ...route, priority: a.u32() };
    else if (attribute === RTA.TABLE) route = { ...route, table: a.u32() };
    else if (attribute === RTA.MULTIPATH) route = { ...route, nexthops: decodeNexthops(a) };
    else if (attribute === RTA.METRICS) {
      const metrics = a.nested();
      while (metrics.next()) {
        if (metrics.type === RTAX.MTU) route = { ...route, mtu: metrics.u32() };
        if (metrics.type === RTAX.ADVMSS) route = { ...route, advmss: metrics.u32() };
      }
    }
  }
  return { destination, ...route };
}

/** struct rtnexthop: length u16, flags u8, weight minus one u8, link i32, then attributes. */
function decodeNexthops(multipath: Attributes): readonly Nexthop[] {
  const nexthops: Nexthop[] = [];
  // The structure's first four bytes are an attribute's header with flags and weight as its type.
  const entries = multipath.nested();
  while (entries.next()) {
    let gateway: IpAddress | undefined;
    const a = entries.nested(RTNEXTHOP_REST_BYTES);
    while (a.next()) if (a.type === RTA.GATEWAY) gateway = readAddress(a);
    nexthops.push({
      linkIndex: entries.i32(),
      weight: (entries.rawType >> 8) + 1,
      ...(gateway === undefined ? {} : { gateway }),
    });
  }
  return nexthops;
}
