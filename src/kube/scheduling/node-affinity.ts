import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from "kubernetes-types/core/v1";

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
  for (const [key, value] of Object.entries(choice.nodeSelector ?? {})) {
    if (node.labels[key] !== value) return false;
  }
  const required = choice.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** True where one of the terms matches; a term without any requirement matches nothing. */
export function matchesNodeSelector(selector: NodeSelector, node: SelectableNode): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, { name, labels }: SelectableNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => matchesRequirement(one, labels[one.key])) &&
    matchFields.every((one) => one.key === "metadata.name" && matchesRequirement(one, name))
  );
}

function matchesRequirement(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return comesAfter(operator, value, values[0]);
    default:
      return false;
  }
}

function comesAfter(operator: "Gt" | "Lt", value: string | undefined, bound: string | undefined) {
  const isInteger = (text: string | undefined): text is string =>
    text !== undefined && /^-?\d+$/.test(text);
  if (!isInteger(value) || !isInteger(bound)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}
