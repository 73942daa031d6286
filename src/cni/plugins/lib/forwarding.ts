import type { Conn } from "../../../netlink/mod.ts";
import { getLink, type Link, listRoutes, RT_TABLE, RTPROT } from "../../../rtnl/mod.ts";
import { refuseAdvertisements } from "./refuse-advertisements.ts";
import { readSysctl, writeSysctl, writeSysctlIfThere } from "./sysctl.ts";
import { isPodsLink } from "./veth-pair.ts";

/**
 * Lets this host forward packets of a family. A host that forwards IPv6 no longer listens to
 * routers (accept_ra 1): links whose default route came from one go on listening (accept_ra 2), or
 * the host would lose that route when it expires. Links of pods do not: no router is behind them.
 */
export function enableForwarding(conn: Conn, family: 4 | 6): void {
  if (family === 4) {
    writeSysctl("net/ipv4/ip_forward", "1");
    return;
  }
  if (readSysctl("net/ipv6/conf/all/forwarding") === "1") return;
  for (const link of linksWithAdvertisedRoutes(conn)) {
    const { name } = link;
    if (isPodsLink(link)) refuseAdvertisements(name);
    else if (readSysctl(`net/ipv6/conf/${name}/accept_ra`) === "1") {
      writeSysctlIfThere(`net/ipv6/conf/${name}/accept_ra`, "2");
    }
  }
  writeSysctl("net/ipv6/conf/all/forwarding", "1");
}

/** The links by which this host has a default route from a router's advertisement. */
export function linksWithAdvertisedRoutes(conn: Conn): readonly Link[] {
  const indices = new Set<number>();
  for (const route of listRoutes(conn, { family: 6, table: RT_TABLE.MAIN })) {
    if (route.protocol !== RTPROT.RA || route.destination.prefixLength !== 0) continue;
    for (const index of [route.linkIndex, ...route.nexthops.map((hop) => hop.linkIndex)]) {
      if (index !== undefined) indices.add(index);
    }
  }
  return [...indices].map((index) => getLink(conn, index));
}
