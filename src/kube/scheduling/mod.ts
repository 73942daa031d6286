/**
 * Whether a pod and a node go together: selectors and node affinity, taints and tolerations, host
 * ports. Pure: what a scheduler and a node agent must judge alike.
 *
 * @module
 */
export { type HostPort, hostPorts, type PortUser, portsConflict } from "./host-ports.ts";
export {
  matchesNode,
  matchesNodeSelector,
  type NodeChoice,
  type SelectableNode,
} from "./node-affinity.ts";
export { tolerates, untoleratedTaint } from "./taints.ts";
