import { formatAddress, formatCidr } from "../../ip/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import {
  type Link,
  listAddresses,
  listLinks,
  listRoutes,
  RT_SCOPE,
  RT_TABLE,
  RTPROT,
} from "../../rtnl/mod.ts";
import type { LinkFacts, NetworkFacts, RouteFacts } from "./node-facts.ts";

/** Reads links with their addresses and the main table's routes from the kernel. */
export function readNetwork(): NetworkFacts {
  using conn = Conn.open();
  const links = listLinks(conn);
  return { links: linkFacts(conn, links), routes: routeFacts(conn, links) };
}

function linkFacts(conn: Conn, links: readonly Link[]): readonly LinkFacts[] {
  const addresses = Map.groupBy(
    listAddresses(conn).filter((a) => a.address.family === 4 || a.scope !== RT_SCOPE.LINK),
    (address) => address.linkIndex,
  );
  return links.map(({ index, name, kind, mtu, isUp, address }) => ({
    name,
    kind,
    mtu,
    isUp,
    mac: address,
    addresses: (addresses.get(index) ?? []).map(
      (a) => `${formatAddress(a.address)}/${a.prefixLength}`,
    ),
  }));
}

function routeFacts(conn: Conn, links: readonly Link[]): readonly RouteFacts[] {
  const names = new Map(links.map((link) => [link.index, link.name]));
  const routes = listRoutes(conn, { table: RT_TABLE.MAIN });
  return (
    routes
      // The kernel's own follow from the addresses.
      .filter((route) => route.protocol !== RTPROT.KERNEL && route.type === "unicast")
      .map((route) => {
        const way = route.nexthops[0] ?? route;
        return {
          destination: formatCidr(route.destination),
          gateway: way.gateway === undefined ? null : formatAddress(way.gateway),
          link: way.linkIndex === undefined ? null : (names.get(way.linkIndex) ?? null),
          source: route.source === undefined ? null : formatAddress(route.source),
          priority: route.priority,
        };
      })
  );
}
