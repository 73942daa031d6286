import { matchesRequirement, type Requirement } from "../../../kube/scheduling/mod.ts";
import { refusals } from "../../objects/mod.ts";

/** Tells whether labels match. */
export type LabelMatcher = (labels: Readonly<Record<string, string>>) => boolean;

/** Reads `a=b,c!=d,e in (f,g),!h,i>1`; throws BadRequest. */
export function parseLabelSelector(text: string): LabelMatcher {
  const requirements = splitRequirements(text).map((part) => parseRequirement(part, text));
  return (labels) => requirements.every((requirement) => matchesRequirement(requirement, labels));
}

/** Reads a meta/v1 LabelSelector; an empty one matches everything, none matches nothing. */
export function labelSelectorMatcher(selector: {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Requirement[];
}): LabelMatcher {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: "In", values: [value] }),
  );
  const all = [...equal, ...(selector.matchExpressions ?? [])];
  return (labels) => all.every((requirement) => matchesRequirement(requirement, labels));
}

/** Splits at commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const KEY = "((?:[\\w.-]+/)?[\\w.-]+)";
const SHAPES: readonly (readonly [RegExp, Requirement["operator"]])[] = [
  [new RegExp(`^${KEY}\\s*==?\\s*([\\w.-]*)$`), "In"],
  [new RegExp(`^${KEY}\\s*!=\\s*([\\w.-]*)$`), "NotIn"],
  [new RegExp(`^${KEY}\\s+in\\s*\\(([^()]*)\\)$`), "In"],
  [new RegExp(`^${KEY}\\s+notin\\s*\\(([^()]*)\\)$`), "NotIn"],
  [new RegExp(`^${KEY}\\s*>\\s*(-?\\d+)$`), "Gt"],
  [new RegExp(`^${KEY}\\s*<\\s*(-?\\d+)$`), "Lt"],
  [new RegExp(`^!\\s*${KEY}$`), "DoesNotExist"],
  [new RegExp(`^${KEY}$`), "Exists"],
];

function parseRequirement(part: string, whole: string): Requirement {
  for (const [shape, operator] of SHAPES) {
    const match = shape.exec(part);
    if (match === null) continue;
    const [, key = "", values] = match;
    const list = values === undefined ? [] : values.split(",").map((value) => value.trim());
    return { key, operator, values: list };
  }
  throw refusals.badRequest(
    `unable to parse requirement: found ${JSON.stringify(part)} in ${JSON.stringify(whole)}, expected: a label key with =, ==, !=, in, notin, > or <`,
  );
}
