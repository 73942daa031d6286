import type { Cidr } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import { listRoutes, type Route, RT_TABLE } from "../../../../rtnl/mod.ts";
import type { CniIp } from "../../../result/types.ts";
import { singleWays } from "../../lib/single-ways.ts";
import { isInNetOf } from "./addresses.ts";

/**
 * The routes of the main table that lead to a link, each with one way. Left out are those of IPv4 with
 * several ways, of which none can be moved by itself, and the link-local net, by which neighbours are
 * found.
 */
export function listLinkRoutes(conn: Conn, linkIndex: number): readonly Route[] {
  return listRoutes(conn, { table: RT_TABLE.MAIN, linkIndex })
    .filter(({ destination }) => !isLinkLocal(destination))
    .flatMap((route) => singleWays(route, linkIndex));
}

/**
 * True where a route goes into the table of one of an interface's addresses: its source or gateway
 * is in that address's net, or in none of them.
 */
export function isRouteOf(route: Route, ip: CniIp, ips: readonly CniIp[]): boolean {
  if (route.destination.family !== ip.address.address.family) return false;
  return isNear(route, ip) || !ips.some((other) => isNear(route, other));
}

function isNear({ source, gateway }: Route, ip: CniIp): boolean {
  return (
    (source !== undefined && isInNetOf(ip, source)) ||
    (gateway !== undefined && isInNetOf(ip, gateway))
  );
}

/** 0.0.0.0/0 or ::/0. */
export function defaultRouteOf(family: 4 | 6): Cidr {
  return { family, network: 0n, prefixLength: 0 };
}

function isLinkLocal({ family, network }: Cidr): boolean {
  // fe80::/10
  return family === 6 && network >> 118n === 0x3fan;
}
