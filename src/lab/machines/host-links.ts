import { type Cidr, networkOf } from "../../ip/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import {
  findLink,
  type Link,
  type LinkAddress,
  listAddresses,
  listLinks,
  listRoutes,
  type Route,
} from "../../rtnl/mod.ts";

/** The ports of a bridge of this host, as `ip link show master`; none where there is no such bridge. */
export function bridgePorts(bridge: string): readonly Link[] {
  using conn = Conn.open();
  const master = findLink(conn, bridge)?.index;
  if (master === undefined) return [];
  return listLinks(conn).filter(({ masterIndex }) => masterIndex === master);
}

/** The MAC of a link of this host; undefined where there is no such link. */
export function linkMac(name: string): string | undefined {
  using conn = Conn.open();
  return findLink(conn, name)?.address;
}

/** The IPv4 prefixes that this host has routes to or addresses of, in any table; default routes do not count. */
export function readTakenPrefixes(): readonly Cidr[] {
  using conn = Conn.open();
  return takenPrefixes(listRoutes(conn), listAddresses(conn));
}

/** Those of listings of the kernel. */
export function takenPrefixes(
  routes: readonly Pick<Route, "destination">[],
  addresses: readonly Pick<LinkAddress, "address" | "prefixLength">[],
): readonly Cidr[] {
  const prefixes = [...routes.map(({ destination }) => destination), ...addresses.map(networkOf)];
  return prefixes.filter(({ family, prefixLength }) => family === 4 && prefixLength > 0);
}
