import type { NodeSelectorTerm } from "kubernetes-types/core/v1";
import type { Node, Pod } from "../../kube/types/mod.ts";
import { matchesLabels, matchesRequirement } from "./selectors.ts";

/** True where the node meets the pod's nodeSelector and its required node affinity. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  if (!matchesLabels(pod.spec.nodeSelector, node.metadata.labels)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesAnyTerm(required.nodeSelectorTerms, node);
}

/** True where one of the terms holds; an empty term never does. */
export function matchesAnyTerm(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => matchesNodeTerm(term, node));
}

export function matchesNodeTerm(term: NodeSelectorTerm, { metadata }: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => matchesRequirement(one, metadata.labels)) &&
    matchFields.every((one) => matchesRequirement(one, { "metadata.name": metadata.name }))
  );
}
