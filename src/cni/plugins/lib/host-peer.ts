import type { Conn } from "../../../netlink/mod.ts";
import { findLink, type Link } from "../../../rtnl/mod.ts";

/**
 * The other end of a pod's veth, where it is on the host: an index alone would be found in any
 * namespace, so both ends must name each other.
 */
export function findHostPeer(host: Conn, link: Link): Link | undefined {
  if (link.kind !== "veth" || link.parentIndex === undefined) return undefined;
  if (link.parentNetnsId === undefined) return undefined;
  const peer = findLink(host, link.parentIndex);
  return peer?.kind === "veth" && peer.parentIndex === link.index ? peer : undefined;
}
