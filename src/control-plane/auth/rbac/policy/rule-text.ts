import type { PolicyRule } from "kubernetes-types/rbac/v1";

/**
 * Rules of roles by their name, one text a rule: `VERBS GROUPS RESOURCES [NAMES]`, or `VERBS PATHS`,
 * each a list with commas. `core` is the group without a name; `read` stands for get, list, watch
 * and `write` for create, update, patch, delete, deletecollection.
 */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

const VERB_SETS: Readonly<Record<string, readonly string[]>> = {
  read: ["get", "list", "watch"],
  write: ["create", "update", "patch", "delete", "deletecollection"],
};

/** The rule that a text stands for. */
export function ruleOf(text: string): PolicyRule {
  const [verbs = [], second = [], resources, names] = text
    .split(" ")
    .map((part) => part.split(","));
  const allVerbs = verbs.flatMap((verb) => VERB_SETS[verb] ?? [verb]);
  if (resources === undefined) return { nonResourceURLs: [...second], verbs: allVerbs };
  return {
    apiGroups: second.map((group) => (group === "core" ? "" : group)),
    resources: [...resources],
    ...(names === undefined ? {} : { resourceNames: [...names] }),
    verbs: allVerbs,
  };
}
