import type { Conn } from "../../../../netlink/mod.ts";
import { findLink, type Link } from "../../../../rtnl/mod.ts";
import { findHostPeer } from "../../lib/host-peer.ts";
import type { Pod } from "../../lib/pod.ts";

/** The link at which a pod's traffic is shaped. */
export interface ShapedLink {
  /** Into the namespace that it is in. */
  readonly conn: Conn;
  readonly link: Link;
  /** True for the pod's own interface, false for the other end of its veth on the host. */
  readonly isInPod: boolean;
}

/**
 * Where to shape: at the host's end of the pod's veth, out of the pod's reach, or at the interface
 * itself where it has no end on the host (macvlan, ipvlan, a device). undefined where the pod has
 * no such interface.
 */
export function findShapedLink(pod: Pod, host: Conn, ifName: string): ShapedLink | undefined {
  const link = findLink(pod.conn, ifName);
  if (link === undefined) return undefined;
  const peer = findHostPeer(host, link);
  return peer === undefined
    ? { conn: pod.conn, link, isInPod: true }
    : { conn: host, link: peer, isInPod: false };
}
