import type { PolicyRule, RoleRef, Subject } from "kubernetes-types/rbac/v1";
import { type ObjectSource, serviceAccountUsername, type UserInfo } from "../request/mod.ts";

/** A rule and the binding that gives it; or a binding whose role is missing. */
export type GrantedRule =
  | { readonly rule: PolicyRule; readonly source: () => string }
  | { readonly missing: string };

/** The rules of a role that a binding refers to; undefined where there is no such role. */
export function referencedRules(
  objects: ObjectSource,
  roleRef: RoleRef,
  namespace: string,
): readonly PolicyRule[] | undefined {
  const { kind, name } = roleRef;
  if (kind === "ClusterRole") {
    const role = objects.get("clusterroles", name);
    return role === undefined ? undefined : (role.rules ?? []);
  }
  if (kind !== "Role") return undefined;
  const role = objects.get("roles", name, namespace);
  return role === undefined ? undefined : (role.rules ?? []);
}

/** Everything that bindings give a user in a namespace ("" for the cluster's scope), one by one. */
export function* grantedRules(
  objects: ObjectSource,
  user: UserInfo,
  namespace: string,
): Generator<GrantedRule> {
  for (const binding of objects.list("clusterrolebindings")) {
    const subject = matchingSubject(user, binding.subjects, "");
    if (subject === undefined) continue;
    yield* rulesOf(objects, { ...binding, kind: "ClusterRoleBinding" }, { subject, namespace: "" });
  }
  if (namespace === "") return;
  for (const binding of objects.list("rolebindings", namespace)) {
    const subject = matchingSubject(user, binding.subjects, namespace);
    if (subject === undefined) continue;
    yield* rulesOf(objects, { ...binding, kind: "RoleBinding" }, { subject, namespace });
  }
}

/** The rules alone, without those whose role is missing. */
export function rulesFor(objects: ObjectSource, user: UserInfo, namespace: string): PolicyRule[] {
  return [...grantedRules(objects, user, namespace)].flatMap((granted) =>
    "rule" in granted ? [granted.rule] : [],
  );
}

interface Binding {
  readonly kind: "ClusterRoleBinding" | "RoleBinding";
  readonly metadata: { readonly name: string };
  readonly roleRef: RoleRef;
}

function* rulesOf(
  objects: ObjectSource,
  binding: Binding,
  where: { readonly subject: Subject; readonly namespace: string },
): Generator<GrantedRule> {
  const { roleRef, kind, metadata } = binding;
  const { subject, namespace } = where;
  const rules = referencedRules(objects, roleRef, namespace);
  if (rules === undefined) {
    const resource = roleRef.kind === "Role" ? "role" : "clusterrole";
    yield {
      missing: `${resource}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`,
    };
    return;
  }
  const source = (): string => {
    const name = namespace === "" ? metadata.name : `${metadata.name}/${namespace}`;
    return `${kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subject, namespace)}`;
  };
  for (const rule of rules) yield { rule, source };
}

function matchingSubject(
  user: UserInfo,
  subjects: readonly Subject[] | undefined,
  namespace: string,
): Subject | undefined {
  return (subjects ?? []).find((subject) => {
    switch (subject.kind) {
      case "User":
        return user.name === subject.name;
      case "Group":
        return user.groups.includes(subject.name);
      case "ServiceAccount": {
        const home = subject.namespace ?? namespace;
        return home !== "" && user.name === serviceAccountUsername(home, subject.name);
      }
      default:
        return false;
    }
  });
}

function describeSubject(subject: Subject, namespace: string): string {
  if (subject.kind !== "ServiceAccount") return `${subject.kind} "${subject.name}"`;
  return `${subject.kind} "${subject.name}/${subject.namespace ?? namespace}"`;
}
