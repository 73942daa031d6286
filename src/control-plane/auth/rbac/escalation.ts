import type { ClusterRole, PolicyRule, RoleRef } from "kubernetes-types/rbac/v1";
import {
  type Authorizer,
  isSuperuser,
  type ObjectSource,
  resourceAttributes,
  type UserInfo,
} from "../request/mod.ts";
import { describeRules, uncoveredRules } from "./covers.ts";
import { referencedRules, rulesFor } from "./rule-resolver.ts";

export interface EscalationDeps {
  readonly objects: ObjectSource;
  readonly authorizer: Authorizer;
}

const GROUP = "rbac.authorization.k8s.io";
const FULL_AUTHORITY: readonly PolicyRule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

/** A role as it would be written; `namespace` is "" for a ClusterRole. */
export interface RoleWrite {
  readonly resource: "roles" | "clusterroles";
  readonly namespace: string;
  /** Empty on create: the request does not name it. */
  readonly name: string;
  readonly role: Pick<ClusterRole, "rules" | "aggregationRule">;
  readonly old?: Pick<ClusterRole, "aggregationRule">;
}

/** Why a user may not write a role: it would hold rights that the user has not; undefined for may. */
export function judgeRoleWrite(
  deps: EscalationDeps,
  user: UserInfo,
  write: RoleWrite,
): string | undefined {
  const { resource, namespace, name, role, old } = write;
  if (isSuperuser(user)) return undefined;
  const escalate = resourceAttributes({
    ...{ verb: "escalate", group: GROUP, version: "*", resource, namespace, name },
  });
  if (deps.authorizer.decide(user, escalate).allowed) return undefined;
  const missing = missingRights(deps, user, { namespace, rules: role.rules ?? [] });
  if (missing !== undefined) return missing;
  const aggregates = [role, old].some(
    (one) => (one?.aggregationRule?.clusterRoleSelectors ?? []).length > 0,
  );
  if (!aggregates) return undefined;
  return missingRights(deps, user, { namespace, rules: FULL_AUTHORITY }) === undefined
    ? undefined
    : "must have cluster-admin privileges to use the aggregationRule";
}

/** Why a user may not bind a role; undefined for may. `namespace` is "" for a ClusterRoleBinding. */
export function judgeBindingWrite(
  deps: EscalationDeps,
  user: UserInfo,
  write: { readonly namespace: string; readonly roleRef: RoleRef },
): string | undefined {
  const { namespace, roleRef } = write;
  if (isSuperuser(user)) return undefined;
  if (roleRef.kind === "ClusterRole" || roleRef.kind === "Role") {
    const resource = roleRef.kind === "Role" ? "roles" : "clusterroles";
    const bind = resourceAttributes({
      ...{ verb: "bind", group: roleRef.apiGroup, version: "*", resource, namespace },
      name: roleRef.name,
    });
    if (deps.authorizer.decide(user, bind).allowed) return undefined;
  }
  const rules = referencedRules(deps.objects, roleRef, namespace);
  if (rules === undefined) {
    return `${roleRef.kind.toLowerCase()}.${GROUP} ${JSON.stringify(roleRef.name)} not found`;
  }
  return missingRights(deps, user, { namespace, rules });
}

function missingRights(
  { objects }: EscalationDeps,
  user: UserInfo,
  wanted: { readonly namespace: string; readonly rules: readonly PolicyRule[] },
): string | undefined {
  const missing = uncoveredRules(rulesFor(objects, user, wanted.namespace), wanted.rules);
  if (missing.length === 0) return undefined;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ");
  return `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join("\n")}`;
}
