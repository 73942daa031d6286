import type { PolicyRule, Subject } from "kubernetes-types/rbac/v1";
import type { ObjectSource, StoredKinds } from "../request/mod.ts";
import { planAggregation } from "./aggregate.ts";
import { uncoveredRules } from "./covers.ts";
import { type DefaultPolicy, defaultPolicy } from "./policy/mod.ts";

type PolicyKind = "clusterroles" | "clusterrolebindings" | "roles" | "rolebindings";

/** An object to be written: a new one, or one that lacks what the default policy gives. */
export type PolicyWrite = {
  [K in PolicyKind]: { readonly resource: K; readonly object: StoredKinds[K] };
}[PolicyKind];

const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/**
 * What has to be written so that the default policy holds: missing roles and bindings, and rights
 * and subjects that were taken from them. What an administrator has added stays, and so does every
 * object whose autoupdate annotation is "false".
 */
export function planPolicy(
  objects: ObjectSource,
  policy: DefaultPolicy = defaultPolicy(),
): PolicyWrite[] {
  const clusterRoles = policy.clusterRoles.map((role) =>
    withOld(objects.get("clusterroles", role.metadata.name), role, withRulesOf),
  );
  const known = new Map(objects.list("clusterroles").map((one) => [one.metadata.name, one]));
  for (const role of clusterRoles) known.set(role.metadata.name, role);
  for (const role of planAggregation([...known.values()])) known.set(role.metadata.name, role);
  const wanted: PolicyWrite[] = [
    ...[...known.values()].map((object) => ({ resource: "clusterroles" as const, object })),
    ...policy.clusterRoleBindings.map((object) => ({
      resource: "clusterrolebindings" as const,
      object: withOld(
        objects.get("clusterrolebindings", object.metadata.name),
        object,
        withSubjects,
      ),
    })),
    ...policy.roles.map((object) => ({
      resource: "roles" as const,
      object: withOld(findIn(objects, "roles", object), object, withRulesOf),
    })),
    ...policy.roleBindings.map((object) => ({
      resource: "rolebindings" as const,
      object: withOld(findIn(objects, "rolebindings", object), object, withSubjects),
    })),
  ];
  return wanted.filter(({ resource, object }) => findIn(objects, resource, object) !== object);
}

function findIn<K extends PolicyKind>(
  objects: ObjectSource,
  resource: K,
  { metadata }: { readonly metadata: StoredKinds[K]["metadata"] },
): StoredKinds[K] | undefined {
  return objects.get(resource, metadata.name, metadata.namespace);
}

function withOld<T extends StoredKinds[PolicyKind]>(
  old: T | undefined,
  wanted: T,
  merge: (old: T, wanted: T) => T,
): T {
  if (old === undefined) return wanted;
  return isUpdated(old) ? merge(old, wanted) : old;
}

function isUpdated({ metadata }: StoredKinds[PolicyKind]): boolean {
  return metadata.annotations?.[AUTOUPDATE] === "true";
}

function withRulesOf<T extends { readonly rules?: PolicyRule[] }>(old: T, wanted: T): T {
  const missing = uncoveredRules(old.rules ?? [], wanted.rules ?? []);
  return missing.length === 0 ? old : { ...old, rules: [...(old.rules ?? []), ...missing] };
}

function withSubjects<T extends { readonly subjects?: Subject[] }>(old: T, wanted: T): T {
  const known = new Set((old.subjects ?? []).map(subjectKey));
  const missing = (wanted.subjects ?? []).filter((subject) => !known.has(subjectKey(subject)));
  if (missing.length === 0) return old;
  return { ...old, subjects: [...(old.subjects ?? []), ...missing] };
}

function subjectKey({ kind, namespace = "", name }: Subject): string {
  return `${kind}/${namespace}/${name}`;
}
