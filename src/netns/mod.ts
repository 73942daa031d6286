/**
 * Network namespaces: open, make, name, enter. Entering moves the one thread that runs our code,
 * so a section inside a namespace is short and never awaits; better still, open a netlink
 * connection inside and talk through it from outside.
 *
 * @example
 * using netns = Netns.create();
 * using conn = withNetns(netns, () => Conn.open());
 *
 * @module
 */
export { createNamedNetns, deleteNetns, NETNS_DIRECTORY, netnsPath } from "./named.ts";
export { Netns, withNetns } from "./netns.ts";
