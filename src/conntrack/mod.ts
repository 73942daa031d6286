/**
 * Connection tracking over netlink: which connections the kernel knows, and forgetting some of
 * them, so that their next packet is translated anew. Takes a connection of NETLINK.NETFILTER.
 *
 * @example
 * using conn = Conn.open(NETLINK.NETFILTER);
 * deleteConntrack(conn, { family: 4, original: { protocol: 17, destinationPort: 53 } });
 *
 * @module
 */
export {
  type ConntrackEntry,
  type ConntrackFilter,
  type ConntrackTuple,
  deleteConntrack,
  listConntrack,
} from "./conntrack.ts";
