import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  Subject,
} from "kubernetes-types/rbac/v1";
import type { Stored } from "../../request/mod.ts";
import { type BindingEntry, CLUSTER_ROLE_BINDINGS, NAMESPACE_ROLES } from "./bindings.ts";
import { CONTROLLER_ROLES } from "./controller-roles.ts";
import { type RoleTable, ruleOf } from "./rule-text.ts";
import { SYSTEM_ROLES } from "./system-roles.ts";
import { USER_ROLES } from "./user-roles.ts";

/** The roles and bindings that every cluster begins with, and gets back when they are changed. */
export interface DefaultPolicy {
  readonly clusterRoles: readonly Stored<ClusterRole>[];
  readonly clusterRoleBindings: readonly Stored<ClusterRoleBinding>[];
  readonly roles: readonly Stored<Role>[];
  readonly roleBindings: readonly Stored<RoleBinding>[];
}

const API_GROUP = "rbac.authorization.k8s.io";
const API_VERSION = `${API_GROUP}/v1`;
const CONTROLLER_PREFIX = "system:controller:";
const AGGREGATE = ["admin", "edit", "view"] as const;
/** Which aggregated roles are part of which: an editor may view, an administrator may edit. */
const PART_OF: Readonly<Record<string, string>> = {
  ...{ edit: "admin", view: "edit" },
  ...Object.fromEntries(AGGREGATE.map((name) => [`system:aggregate-to-${name}`, name])),
};

/** The default policy of Kubernetes 1.36 with its default feature gates. */
export function defaultPolicy(): DefaultPolicy {
  const controllers = Object.fromEntries(
    Object.entries(CONTROLLER_ROLES).map(([name, rules]) => [CONTROLLER_PREFIX + name, rules]),
  );
  const controllerBindings = Object.keys(CONTROLLER_ROLES).map((name) => ({
    name: CONTROLLER_PREFIX + name,
    subjects: [`sa:kube-system/${name}`],
  }));
  return {
    clusterRoles: [
      ...AGGREGATE.map(aggregatedRole),
      ...[USER_ROLES, SYSTEM_ROLES, controllers].flatMap(clusterRoles),
    ],
    clusterRoleBindings: [...CLUSTER_ROLE_BINDINGS, ...controllerBindings].map((entry) => ({
      ...{ apiVersion: API_VERSION, kind: "ClusterRoleBinding" },
      metadata: metadata(entry.name),
      ...bindingBody(entry, "ClusterRole", entry.name),
    })),
    roles: NAMESPACE_ROLES.map(({ namespace, name, rules }) => ({
      ...{ apiVersion: API_VERSION, kind: "Role" },
      metadata: { ...metadata(name), namespace },
      rules: rules.map(ruleOf),
    })),
    roleBindings: NAMESPACE_ROLES.flatMap(({ namespace, name, binding }) =>
      binding === undefined
        ? []
        : [
            {
              ...{ apiVersion: API_VERSION, kind: "RoleBinding" },
              metadata: { ...metadata(binding.name), namespace },
              ...bindingBody(binding, "Role", name),
            },
          ],
    ),
  };
}

function clusterRoles(table: RoleTable): Stored<ClusterRole>[] {
  return Object.entries(table).map(([name, rules]) => ({
    ...{ apiVersion: API_VERSION, kind: "ClusterRole" },
    metadata: metadata(name),
    rules: rules.map(ruleOf),
  }));
}

function aggregatedRole(name: (typeof AGGREGATE)[number]): Stored<ClusterRole> {
  const matchLabels = { [`${API_GROUP}/aggregate-to-${name}`]: "true" };
  return {
    ...{ apiVersion: API_VERSION, kind: "ClusterRole" },
    metadata: metadata(name),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
    rules: [],
  };
}

function metadata(name: string): Stored<ClusterRole>["metadata"] {
  const partOf = PART_OF[name];
  return {
    name,
    labels: {
      "kubernetes.io/bootstrapping": "rbac-defaults",
      ...(partOf === undefined ? {} : { [`${API_GROUP}/aggregate-to-${partOf}`]: "true" }),
    },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
}

function bindingBody(entry: BindingEntry, kind: string, role: string) {
  return {
    roleRef: { apiGroup: API_GROUP, kind, name: role },
    ...(entry.subjects.length === 0 ? {} : { subjects: entry.subjects.map(subjectOf) }),
  };
}

function subjectOf(text: string): Subject {
  const at = text.indexOf(":");
  const [type, name] = [text.slice(0, at), text.slice(at + 1)];
  if (type === "sa") {
    const [namespace = "", account = ""] = name.split("/");
    return { kind: "ServiceAccount", name: account, namespace };
  }
  return { apiGroup: API_GROUP, kind: type === "user" ? "User" : "Group", name };
}
