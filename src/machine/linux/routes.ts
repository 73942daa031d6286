import { NodewrightError } from "../../base/mod.ts";
import { type Cidr, formatAddress, formatCidr, parseAddress, parseCidr } from "../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../netlink/mod.ts";
import {
  deleteRoute,
  findLink,
  listLinks,
  listRoutes,
  type Route,
  type RouteSpec,
  RT_TABLE,
  RTPROT,
  replaceRoute as replaceKernelRoute,
} from "../../rtnl/mod.ts";

/** The gateways of the main table's routes to exactly these destinations; a route without one gives `dev NAME`. */
export function readRoutes(
  conn: Conn,
  destinations: readonly string[],
): Readonly<Record<string, string | null>> {
  if (destinations.length === 0) return {};
  const links = new Map(listLinks(conn).map(({ index, name }) => [index, name]));
  // One dump: a node of a large cluster has a thousand routes.
  const vias = routeVias(listRoutes(conn, { table: RT_TABLE.MAIN }), links);
  return Object.fromEntries(
    destinations.map((destination) => [destination, vias.get(plain(destination)) ?? null]),
  );
}

/** Destination to gateway; of several routes to one destination the first, which has the least metric. */
export function routeVias(
  routes: readonly Pick<Route, "destination" | "gateway" | "linkIndex">[],
  links: ReadonlyMap<number, string>,
): ReadonlyMap<string, string> {
  const vias = new Map<string, string>();
  for (const { destination, gateway, linkIndex } of routes) {
    const name = formatCidr(destination);
    if (vias.has(name)) continue;
    const link = linkIndex === undefined ? undefined : links.get(linkIndex);
    vias.set(name, gateway === undefined ? `dev ${link ?? "?"}` : formatAddress(gateway));
  }
  return vias;
}

/** One spelling for one destination, as the kernel has it: without host bits. */
function plain(destination: string): string {
  const cidr = parseCidr(destination);
  return cidr.ok ? formatCidr(cidr.value) : destination;
}

/** As `ip route replace DESTINATION via VIA`. */
export function replaceRoute(conn: Conn, destination: string, via: string): void {
  changeRoute(`Cannot route ${destination} via ${via}`, () => {
    const hop = findHop(conn, via);
    if (hop === undefined)
      throw new NodewrightError("netlink", `no link is called ${via.slice(4)}`);
    const route = { destination: cidrOf(destination), protocol: RTPROT.BOOT, ...hop };
    replaceKernelRoute(conn, route);
  });
}

/** As `ip route del DESTINATION via VIA`; a route that is gone already is no error. */
export function removeRoute(conn: Conn, destination: string, via: string): void {
  changeRoute(`Cannot remove the route ${destination} via ${via}`, () => {
    const hop = findHop(conn, via);
    if (hop !== undefined) deleteRoute(conn, { destination: cidrOf(destination), ...hop });
  });
}

type Hop = Pick<RouteSpec, "gateway" | "linkIndex">;

/** A gateway, or the link of `dev NAME`; undefined where there is no such link. */
function findHop(conn: Conn, via: string): Hop | undefined {
  if (via.startsWith("dev ")) {
    const link = findLink(conn, via.slice("dev ".length));
    return link === undefined ? undefined : { linkIndex: link.index };
  }
  const gateway = parseAddress(via);
  if (!gateway.ok) throw new NodewrightError("netlink", `not an address: "${via}"`);
  return { gateway: gateway.value };
}

function cidrOf(destination: string): Cidr {
  const cidr = parseCidr(destination);
  if (!cidr.ok) throw new NodewrightError("netlink", `not a prefix: "${destination}"`);
  return cidr.value;
}

function changeRoute(action: string, change: () => void): void {
  try {
    change();
  } catch (cause) {
    if (!(cause instanceof NodewrightError)) throw cause;
    const why = cause instanceof NetlinkError ? cause.code : cause.message;
    throw new NodewrightError("netlink", `${action}: ${why}`, {
      cause,
      ...(cause.fix === undefined ? {} : { fix: cause.fix }),
    });
  }
}
