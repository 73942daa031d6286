/**
 * What a node's kubelet may do: the graph of objects that its pods refer to, and the authorizer that
 * asks it.
 *
 * @module
 */
export { type AskedToken, judgeNodeToken } from "./judge-token.ts";
export { NodeAuthorizer } from "./node-authorizer.ts";
export { NodeGraph } from "./node-graph.ts";
export {
  allContainers,
  isMirrorPod,
  MIRROR_ANNOTATION,
  podConfigMaps,
  podSecrets,
} from "./references.ts";
