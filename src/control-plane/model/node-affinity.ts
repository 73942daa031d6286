import type { NodeSelectorTerm } from "kubernetes-types/core/v1";
import {
  matchesNode,
  matchesNodeSelector,
  matchesNodeTerm as matchesTerm,
} from "../../kube/scheduling/mod.ts";
import type { Node, Pod } from "../../kube/types/mod.ts";

/** True where the node meets the pod's nodeSelector and its required node affinity. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  return matchesNode(pod.spec, selectable(node));
}

/** True where one of the terms holds; an empty term never does. */
export function matchesAnyTerm(nodeSelectorTerms: NodeSelectorTerm[], node: Node): boolean {
  return matchesNodeSelector({ nodeSelectorTerms }, selectable(node));
}

export function matchesNodeTerm(term: NodeSelectorTerm, node: Node): boolean {
  return matchesTerm(term, selectable(node));
}

function selectable({ metadata }: Node) {
  return { name: metadata.name, labels: metadata.labels ?? {} };
}
