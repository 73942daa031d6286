/**
 * What a node's kubelet may do: the graph of objects that its pods refer to, and the authorizer that
 * asks it.
 *
 * @module
 */
export { NodeAuthorizer } from "./node-authorizer.ts";
export { NodeGraph } from "./node-graph.ts";
export {
  allContainers,
  MIRROR_ANNOTATION,
  podConfigMaps,
  podSecrets,
} from "./references.ts";
