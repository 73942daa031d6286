/**
 * The network of a node, read live: links, addresses, routes and counters of the host and of each pod,
 * host-local's reservations, what the service proxy routes, tracked connections. Over netlink and
 * CRI; no command's output is parsed. Reads only.
 *
 * @module
 */
export { readNodeNetwork } from "./read-node-network.ts";
export { sandboxNetwork } from "./sandbox-network.ts";
