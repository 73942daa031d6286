import type { ClusterRole, RoleRef } from "kubernetes-types/rbac/v1";
import type { Admission } from "../../api/mod.ts";
import type { ApiObject } from "../../objects/mod.ts";
import { isObject, listAt, objectAt, objectsAt, textAt } from "../../objects/mod.ts";
import { type EscalationDeps, judgeBindingWrite, judgeRoleWrite } from "../rbac/mod.ts";
import { forbid } from "./refuse.ts";

/** Nobody writes a role, or binds one, with rights that he has not himself. */
export function escalationAdmission(deps: EscalationDeps): Admission {
  return async (request) => {
    const { object, old, operation, kind, user, namespace, subresource } = request;
    if (kind.group !== "rbac.authorization.k8s.io" || subresource !== "") return object;
    if (object === undefined || operation === "DELETE") return object;
    // What deletes an object in the end may be taken away by anybody who may change it.
    if (old !== undefined && isSameButOwners(object, old)) return object;
    const why =
      kind.plural === "roles" || kind.plural === "clusterroles"
        ? judgeRoleWrite(deps, user, {
            ...{ resource: kind.plural, namespace, role: roleOf(object) },
            name: operation === "CREATE" ? "" : request.name,
            ...(old === undefined ? {} : { old: roleOf(old) }),
          })
        : judgeBindingWrite(deps, user, { namespace, roleRef: roleRefOf(object) });
    if (why !== undefined) throw forbid(request, why);
    return object;
  };
}

/** A role whose lists are lists: its types are verified only later. */
function roleOf(object: ApiObject): Pick<ClusterRole, "rules" | "aggregationRule"> {
  const texts = (from: ReturnType<typeof objectAt>, field: string): string[] =>
    listAt(from, field).filter((one): one is string => typeof one === "string");
  const rules = objectsAt(object, "rules").map((rule) => ({
    verbs: texts(rule, "verbs"),
    apiGroups: texts(rule, "apiGroups"),
    resources: texts(rule, "resources"),
    resourceNames: texts(rule, "resourceNames"),
    nonResourceURLs: texts(rule, "nonResourceURLs"),
  }));
  const clusterRoleSelectors = listAt(object, "aggregationRule", "clusterRoleSelectors").map(
    () => ({}),
  );
  return { rules, aggregationRule: { clusterRoleSelectors } };
}

function roleRefOf(object: ApiObject): RoleRef {
  const ref = objectAt(object, "roleRef");
  return {
    apiGroup: textAt(ref, "apiGroup"),
    kind: textAt(ref, "kind"),
    name: textAt(ref, "name"),
  };
}

function isSameButOwners(object: ApiObject, old: ApiObject): boolean {
  return Bun.deepEquals(withoutOwners(object), withoutOwners(old));
}

function withoutOwners(object: ApiObject): unknown {
  const { ownerReferences, finalizers, managedFields, resourceVersion, ...metadata } =
    object.metadata;
  return isObject(metadata) ? { ...object, metadata } : object;
}
