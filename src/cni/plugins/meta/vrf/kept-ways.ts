import type { Conn } from "../../../../netlink/mod.ts";
import {
  addAddress,
  appendRoute,
  type LinkAddress,
  listAddresses,
  listRoutes,
  type RouteSpec,
  RT_SCOPE,
  RT_TABLE,
  RTPROT,
} from "../../../../rtnl/mod.ts";
import type { CniResult } from "../../../result/types.ts";
import { routeSpec } from "../../lib/configure-link.ts";
import { routeToSpec } from "../../lib/route-to-spec.ts";
import { singleWays } from "../../lib/single-ways.ts";
import { unlessThere } from "../../lib/unless-there.ts";

/** What a link loses when it goes into a VRF or out of it: the kernel takes it down for that. */
export interface KeptWays {
  readonly addresses: readonly Pick<LinkAddress, "address" | "prefixLength">[];
  /** Those of the main table are of the VRF's from then on. */
  readonly routes: readonly RouteSpec[];
}

/**
 * The IPv6 addresses and the routes of a link, without those that the kernel puts there itself or
 * that routers announce.
 */
export function listWays(conn: Conn, linkIndex: number): KeptWays {
  const addresses = listAddresses(conn, { linkIndex, family: 6 }).filter(
    ({ scope, isPermanent }) => isPermanent && scope !== RT_SCOPE.LINK,
  );
  const routes = listRoutes(conn, { linkIndex })
    .filter(
      ({ table, protocol }) =>
        table !== RT_TABLE.LOCAL && protocol !== RTPROT.KERNEL && protocol !== RTPROT.RA,
    )
    .flatMap((route) => singleWays(route, linkIndex))
    .map((route) => routeToSpec(route, route.table));
  return { addresses, routes };
}

/** What a result says that an interface has, where an interrupted ADD has lost it. */
export function toldWays(result: CniResult, ifName: string, linkIndex: number): KeptWays {
  const isOwn = (index: number | undefined): boolean =>
    index === undefined || result.interfaces[index]?.name === ifName;
  const ips = result.ips.filter((ip) => isOwn(ip.interface));
  const own = { ...result, ips };
  return {
    addresses: ips.map(({ address }) => address).filter(({ address }) => address.family === 6),
    routes: result.routes
      // Of another interface where this one has no address of the family.
      .filter(({ dst }) => ips.some(({ address }) => address.address.family === dst.family))
      .map((route) => routeSpec(route, linkIndex, own)),
  };
}

/**
 * Gives a link its addresses and routes back; those of the main table go into `table`. What is there
 * already stays.
 */
export function restoreWays(
  conn: Conn,
  linkIndex: number,
  { addresses, routes, table }: KeptWays & { readonly table: number },
): void {
  for (const { address, prefixLength } of addresses) {
    unlessThere(() => addAddress(conn, { linkIndex, address, prefixLength, noDad: true }));
  }
  // Those without a gateway first: the others' gateways are found by them.
  const inOrder = [...routes].sort((a, b) => Number(hasGateway(a)) - Number(hasGateway(b)));
  for (const route of inOrder) {
    const isMain = (route.table ?? RT_TABLE.MAIN) === RT_TABLE.MAIN;
    unlessThere(() => appendRoute(conn, isMain ? { ...route, table } : route));
  }
}

function hasGateway({ gateway }: RouteSpec): boolean {
  return gateway !== undefined;
}
