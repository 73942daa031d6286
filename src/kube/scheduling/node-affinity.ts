import type { NodeSelector, NodeSelectorTerm } from "kubernetes-types/core/v1";
import { matchesLabels, matchesRequirement } from "./selectors.ts";

/** What of a node selectors match: its labels, and its name as the field metadata.name. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What of a pod's spec chooses nodes. */
export interface NodeChoice {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
    };
  };
}

/** True where the pod may run on the node: its nodeSelector and its required node affinity match. */
export function matchesNode(choice: NodeChoice, node: SelectableNode): boolean {
  if (!matchesLabels(choice.nodeSelector, node.labels)) return false;
  const required = choice.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** True where one of the terms matches; a term without any requirement matches nothing. */
export function matchesNodeSelector(
  selector: Pick<NodeSelector, "nodeSelectorTerms">,
  node: SelectableNode,
): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesNodeTerm(term, node));
}

/** True where a term holds; one without any requirement never does. */
export function matchesNodeTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { name, labels }: SelectableNode,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => matchesRequirement(one, labels)) &&
    matchFields.every((one) => matchesRequirement(one, { "metadata.name": name }))
  );
}
