/**
 * Netlink: the messages and attributes of the kernel's configuration sockets, and a connection
 * that sends a request and blocks until it is answered. Knows no family's own message types
 * (rtnl/ and nft/ do) and no multicast groups. Decoding keeps the first error instead of
 * throwing: malformed answers become a NetlinkError with code EBADMSG.
 *
 * @example
 * using conn = Conn.open(NETLINK.ROUTE);
 * const request = new Encoder().message(RTM.GETLINK, 0).zeros(16);
 * const types = conn.dump("list the links", request, (message) => message.u16(2));
 *
 * @module
 */
export { Attributes, type ErrorSink } from "./attributes.ts";
export { type ChangeRequest, Conn, type Transport } from "./conn.ts";
export { NETLINK, NLM_F, NLMSG } from "./constants.ts";
export { Encoder } from "./encoder.ts";
export { decodeMessages, Message } from "./message.ts";
export { type KernelReason, NetlinkError } from "./netlink-error.ts";
