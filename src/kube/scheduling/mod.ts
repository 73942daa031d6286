/**
 * Whether a pod and a node go together: label selectors and node affinity, taints and tolerations, host
 * ports, what a pod's containers need together. Pure: what a scheduler and a node agent must judge alike.
 *
 * @module
 */
export { type HostPort, hostPorts, type PortUser, portsConflict } from "./host-ports.ts";
export {
  matchesNode,
  matchesNodeSelector,
  matchesNodeTerm,
  type NodeChoice,
  type SelectableNode,
} from "./node-affinity.ts";
export {
  isEmptySelector,
  type Labels,
  matchesLabels,
  matchesRequirement,
  matchesSelector,
  type Requirement,
} from "./selectors.ts";
export { type Algebra, AMOUNTS, NUMBERS, sumContainers } from "./sum-containers.ts";
export { tolerates, untoleratedTaint } from "./taints.ts";
