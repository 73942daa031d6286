import type { Conn } from "../../../netlink/mod.ts";
import { getLink, listRoutes, RT_TABLE, RTPROT } from "../../../rtnl/mod.ts";
import { readSysctl, writeSysctl, writeSysctlIfThere } from "./sysctl.ts";

/**
 * Lets this host forward packets of a family. A host that forwards IPv6 no longer listens to
 * routers (accept_ra 1): links whose default route came from one go on listening (accept_ra 2), or
 * the host would lose that route when it expires.
 */
export function enableForwarding(conn: Conn, family: 4 | 6): void {
  if (family === 4) {
    writeSysctl("net/ipv4/ip_forward", "1");
    return;
  }
  if (readSysctl("net/ipv6/conf/all/forwarding") === "1") return;
  for (const name of linksWithAdvertisedRoutes(conn)) {
    if (readSysctl(`net/ipv6/conf/${name}/accept_ra`) === "1") {
      writeSysctlIfThere(`net/ipv6/conf/${name}/accept_ra`, "2");
    }
  }
  writeSysctl("net/ipv6/conf/all/forwarding", "1");
}

function linksWithAdvertisedRoutes(conn: Conn): Set<string> {
  const names = new Set<string>();
  for (const route of listRoutes(conn, { family: 6, table: RT_TABLE.MAIN })) {
    if (route.protocol !== RTPROT.RA || route.destination.prefixLength !== 0) continue;
    for (const index of [route.linkIndex, ...route.nexthops.map((hop) => hop.linkIndex)]) {
      if (index !== undefined) names.add(getLink(conn, index).name);
    }
  }
  return names;
}
