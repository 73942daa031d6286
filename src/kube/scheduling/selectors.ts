import type { LabelSelector } from "kubernetes-types/meta/v1";

/** The labels of an object. */
export type Labels = Readonly<Record<string, string>> | undefined;

/** One line of a selector, of labels or of a node's: `values` by the operator. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** True where the labels meet the selector. An empty selector takes all, a missing one none. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  return (
    matchesLabels(selector.matchLabels, labels) &&
    (selector.matchExpressions ?? []).every((one) => matchesRequirement(one, labels))
  );
}

/** True where the labels have each of these. */
export function matchesLabels(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => ownLabel(labels, key) === value);
}

/** True where a selector takes every object. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return (
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  );
}

/** True where the labels meet one line; an operator that is none is met by nothing. */
export function matchesRequirement(
  { key, operator, values = [] }: Requirement,
  labels: Labels,
): boolean {
  const value = ownLabel(labels, key);
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
    case "Lt": {
      if (!isInteger(value) || !isInteger(values[0])) return false;
      const [one, other] = [BigInt(value), BigInt(values[0])];
      return operator === "Gt" ? one > other : one < other;
    }
    default:
      return false;
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[+-]?\d{1,19}$/.test(text);
}

/** A label's value; what an object inherits, such as `constructor`, is no label. */
function ownLabel(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}
