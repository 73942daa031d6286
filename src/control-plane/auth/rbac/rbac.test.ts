import { describe, expect, test } from "bun:test";
import type { ClusterRole, PolicyRule } from "kubernetes-types/rbac/v1";
import type { Stored, UserInfo } from "../request/mod.ts";
import { MemoryObjects, asked as on } from "../testing/mod.ts";
import {
  aggregatedRules,
  defaultPolicy,
  describeRules,
  judgeBindingWrite,
  judgeRoleWrite,
  planAggregation,
  RbacAuthorizer,
  ruleAllows,
  ruleOf,
  uncoveredRules,
} from "./mod.ts";

function cluster(): MemoryObjects {
  const policy = defaultPolicy();
  const aggregated = new Map(
    planAggregation(policy.clusterRoles).map((role) => [role.metadata.name, role]),
  );
  return new MemoryObjects({
    clusterroles: policy.clusterRoles.map((role) => aggregated.get(role.metadata.name) ?? role),
    clusterrolebindings: [
      ...policy.clusterRoleBindings,
      binding("ann-views", "view", "ann"),
      binding("lost", "no-such-role", "ann"),
    ],
    roles: policy.roles,
    rolebindings: [
      ...policy.roleBindings,
      { ...binding("eve-edits", "edit", "eve"), metadata: { name: "eve-edits", namespace: "dev" } },
      { ...binding("adam", "admin", "adam"), metadata: { name: "adam", namespace: "dev" } },
    ],
  });
}

function binding(name: string, role: string, user: string) {
  return {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", name: user }],
  };
}

function user(name: string, ...groups: string[]): UserInfo {
  return { name, groups: [...groups, "system:authenticated"] };
}

describe("RbacAuthorizer", () => {
  const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };
  const MASTER = user("root", "system:masters");
  const PROXY = user("system:kube-proxy", "system:node-proxier");
  const SCHEDULER = user("system:kube-scheduler");
  const MANAGER = user("system:kube-controller-manager");
  const DNS = user("system:serviceaccount:kube-system:kube-dns", "system:serviceaccounts");
  const rows: [UserInfo, string, string, boolean][] = [
    [MASTER, "delete", "nodes#n", true],
    [MASTER, "get", "/metrics", true],
    [ANONYMOUS, "get", "/healthz", true],
    [ANONYMOUS, "get", "/livez", true],
    [ANONYMOUS, "get", "/readyz", true],
    [ANONYMOUS, "get", "/version", true],
    [ANONYMOUS, "get", "/readyz/ping", false],
    [ANONYMOUS, "get", "/api", false],
    [ANONYMOUS, "post", "/healthz", false],
    [ANONYMOUS, "list", "pods@default", false],
    [user("ann"), "get", "/apis/apps", true],
    [user("ann"), "get", "/metrics", false],
    [user("ann"), "list", "pods", true],
    [user("ann"), "get", "pods/log@any#p", true],
    [user("ann"), "get", "pods/exec@any#p", false],
    [user("ann"), "get", "secrets@any#s", false],
    [user("ann"), "create", "pods@any", false],
    [user("ann"), "create", "authorization.k8s.io:selfsubjectaccessreviews", true],
    [user("ann"), "create", "authorization.k8s.io:subjectaccessreviews", false],
    [user("eve"), "create", "pods@dev", true],
    [user("eve"), "create", "pods/exec@dev#p", true],
    [user("eve"), "get", "secrets@dev#s", true],
    [user("eve"), "create", "pods@prod", false],
    [user("eve"), "list", "pods", false],
    [user("eve"), "create", "rbac.authorization.k8s.io:roles@dev", false],
    [user("adam"), "create", "rbac.authorization.k8s.io:roles@dev", true],
    [user("adam"), "list", "discovery.k8s.io:endpointslices@dev", true],
    [user("adam"), "update", "namespaces#dev", false],
    [PROXY, "watch", "services", true],
    [PROXY, "watch", "discovery.k8s.io:endpointslices", true],
    [PROXY, "watch", "secrets", false],
    [PROXY, "update", "nodes/status#n", false],
    [SCHEDULER, "create", "pods/binding@default#p", true],
    [SCHEDULER, "update", "coordination.k8s.io:leases@kube-system#kube-scheduler", true],
    [SCHEDULER, "update", "coordination.k8s.io:leases@kube-node-lease#n", false],
    [SCHEDULER, "get", "secrets@default#s", false],
    [MANAGER, "create", "serviceaccounts/token@kube-system#node-controller", true],
    [MANAGER, "delete", "pods@default#p", false],
    [DNS, "list", "endpoints", true],
    [DNS, "list", "pods", false],
    [DNS, "get", "/openid/v1/jwks", true],
  ];
  test.each(rows)("%p may %s %s: %p", (who, verb, path, want) => {
    expect(new RbacAuthorizer(cluster()).decide(who, on(verb, path)).allowed).toBe(want);
  });
  test("has rows for people, parts of the cluster and nobody, each with both answers", () => {
    for (const who of [ANONYMOUS, PROXY, SCHEDULER, MANAGER, DNS]) {
      expect(new Set(rows.filter(([one]) => one === who).map((row) => row[3])).size).toBe(2);
    }
  });
  test("says by which binding, and which role a binding has lost", () => {
    const authorizer = new RbacAuthorizer(cluster());
    expect(authorizer.decide(user("eve"), on("get", "pods@dev#p")).reason).toBe(
      'RBAC: allowed by RoleBinding "eve-edits/dev" of ClusterRole "edit" to User "eve"',
    );
    expect(authorizer.decide(user("ann"), on("get", "secrets@dev#p")).reason).toBe(
      'RBAC: clusterrole.rbac.authorization.k8s.io "no-such-role" not found',
    );
  });
});

describe("ruleAllows()", () => {
  test.each([
    { rule: "get core pods a,b", asked: on("get", "pods@x#a"), want: true },
    { rule: "get core pods a,b", asked: on("get", "pods@x#c"), want: false },
    { rule: "list core pods a", asked: on("list", "pods@x"), want: false },
    { rule: "get core pods", asked: on("get", "pods/log@x#a"), want: false },
    { rule: "get core */log", asked: on("get", "pods/log@x#a"), want: true },
    { rule: "get core */log", asked: on("get", "pods@x#a"), want: false },
    { rule: "get core */lo", asked: on("get", "pods/log@x#a"), want: false },
    { rule: "get core *", asked: on("get", "pods/log@x#a"), want: true },
    { rule: "get apps *", asked: on("get", "pods@x#a"), want: false },
    { rule: "* * *", asked: on("impersonate", "users#root"), want: true },
    { rule: "* * *", asked: on("get", "/metrics"), want: false },
    { rule: "get /a/*", asked: on("get", "/a/b"), want: true },
    { rule: "get /a/*", asked: on("get", "/ab"), want: false },
    { rule: "get *", asked: on("get", "/ab"), want: true },
    { rule: "get *", asked: on("get", "pods@x#a"), want: false },
    { rule: "read core pods", asked: on("watch", "pods@x"), want: true },
    { rule: "write core pods", asked: on("get", "pods@x#a"), want: false },
  ])("$rule for $asked: $want", ({ rule, asked, want }) => {
    expect(ruleAllows(ruleOf(rule), asked)).toBe(want);
  });
  test("a rule without anything allows nothing", () => {
    expect(ruleAllows({ verbs: [] }, on("get", "pods@x"))).toBe(false);
    expect(ruleAllows({ verbs: ["*"] }, on("get", "/"))).toBe(false);
  });
});

describe("uncoveredRules()", () => {
  test.each([
    { owned: ["read core pods"], wanted: "get core pods", want: [] },
    { owned: ["get core pods"], wanted: "read core pods", want: ["list", "watch"] },
    { owned: ["get core pods a"], wanted: "get core pods", want: ["get"] },
    { owned: ["get core pods"], wanted: "get core pods a", want: [] },
    { owned: ["* * *"], wanted: "get core pods/log", want: [] },
    { owned: ["get core */log"], wanted: "get core pods/log", want: [] },
    { owned: ["get core pods/log"], wanted: "get core */log", want: ["get"] },
    { owned: ["* * *"], wanted: "get /metrics", want: ["get"] },
    { owned: ["get /a/*"], wanted: "get /a/b", want: [] },
    { owned: ["get /a/b"], wanted: "get /a/*", want: ["get"] },
    { owned: ["get core pods", "list core pods"], wanted: "get,list core pods", want: [] },
  ])("$owned covers $wanted but $want", ({ owned, wanted, want }) => {
    const missing = uncoveredRules(owned.map(ruleOf), [ruleOf(wanted)]);
    expect(missing.flatMap(({ verbs }) => verbs)).toEqual([...want]);
  });
  test("describeRules() joins verbs", () => {
    const missing = uncoveredRules([], [ruleOf("get,list core pods")]);
    expect(describeRules(missing)).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
    ]);
  });
});

describe("escalation", () => {
  const objects = cluster();
  const deps = { objects, authorizer: new RbacAuthorizer(objects) };
  const role = (rules: readonly PolicyRule[]) => ({
    ...{ resource: "roles" as const, namespace: "dev", name: "" },
    role: { rules: [...rules] },
  });
  const clusterAdmin = {
    ...{ apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  };
  test("nobody writes a role with rights that he has not", () => {
    expect(judgeRoleWrite(deps, user("adam"), role([ruleOf("get core pods")]))).toBeUndefined();
    expect(judgeRoleWrite(deps, user("adam"), role([ruleOf("get core nodes")]))).toContain(
      "is attempting to grant RBAC permissions not currently held:\n",
    );
    expect(judgeRoleWrite(deps, user("r", "system:masters"), role([ruleOf("* * *")]))).toBe(
      undefined,
    );
  });
  test("nobody binds a role that he has not", () => {
    const write = { namespace: "dev", roleRef: { ...clusterAdmin, name: "edit" } };
    expect(judgeBindingWrite(deps, user("adam"), write)).toBeUndefined();
    expect(judgeBindingWrite(deps, user("adam"), { ...write, namespace: "prod" })).toBeDefined();
    expect(
      judgeBindingWrite(deps, user("adam"), { ...write, roleRef: clusterAdmin }),
    ).toBeDefined();
    const odd = { ...clusterAdmin, kind: "constructor" };
    expect(judgeBindingWrite(deps, user("adam"), { ...write, roleRef: odd })).toBeDefined();
  });
  test("only who may do everything gathers roles by their labels", () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] };
    const write = {
      ...{ resource: "clusterroles" as const, namespace: "", name: "x" },
      role: { rules: [], aggregationRule },
    };
    expect(judgeRoleWrite(deps, user("adam"), write)).toBe(
      "must have cluster-admin privileges to use the aggregationRule",
    );
  });
  test("escalate and bind stand for the rights themselves", () => {
    const granted = new MemoryObjects({
      clusterroles: [
        {
          metadata: { name: "granter" },
          rules: [
            ruleOf("escalate rbac.authorization.k8s.io roles"),
            ruleOf("bind rbac.authorization.k8s.io clusterroles view"),
          ],
        },
        { metadata: { name: "view" }, rules: [ruleOf("read core pods")] },
        { metadata: { name: "edit" }, rules: [ruleOf("write core pods")] },
      ],
      clusterrolebindings: [binding("g", "granter", "gil")],
    });
    const own = { objects: granted, authorizer: new RbacAuthorizer(granted) };
    expect(judgeRoleWrite(own, user("gil"), role([ruleOf("* * *")]))).toBeUndefined();
    const bind = (name: string) =>
      judgeBindingWrite(own, user("gil"), { namespace: "", roleRef: { ...clusterAdmin, name } });
    expect(bind("view")).toBeUndefined();
    expect(bind("edit")).toBeDefined();
  });
});

describe("aggregation", () => {
  const policy = defaultPolicy();
  test("edit is part of admin and view of edit", () => {
    const rules = new Map(
      planAggregation(policy.clusterRoles).map((role) => [role.metadata.name, role.rules ?? []]),
    );
    expect([...rules.keys()].sort()).toEqual(["admin", "edit", "view"]);
    const [admin = [], edit = [], view = []] = ["admin", "edit", "view"].map((name) =>
      rules.get(name),
    );
    expect(uncoveredRules(admin, edit)).toEqual([]);
    expect(uncoveredRules(edit, view)).toEqual([]);
    expect(uncoveredRules(view, edit)).not.toEqual([]);
  });
  test("a plan that is carried out leaves nothing to do", () => {
    const changed = new Map(
      planAggregation(policy.clusterRoles).map((role) => [role.metadata.name, role]),
    );
    const after = policy.clusterRoles.map((role) => changed.get(role.metadata.name) ?? role);
    expect(planAggregation(after)).toEqual([]);
  });
  test("circles settle, and labels of objects' own names select nothing", () => {
    const circle = (name: string): Stored<ClusterRole> => ({
      metadata: { name, labels: { x: "y" } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: "y" } }] },
      rules: [ruleOf(`get core ${name}`)],
    });
    expect(planAggregation([circle("a"), circle("b")]).length).toBeLessThanOrEqual(2);
    const odd = { ...circle("c"), metadata: { name: "c" } };
    const exists = { matchExpressions: [{ key: "constructor", operator: "Exists" }] };
    const gathering = { ...circle("d"), aggregationRule: { clusterRoleSelectors: [exists] } };
    expect(aggregatedRules(gathering, [odd, gathering])).toEqual([]);
  });
});

test("the default policy has every role that a binding refers to", () => {
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = defaultPolicy();
  const names = new Set(clusterRoles.map(({ metadata }) => metadata.name));
  for (const { roleRef } of clusterRoleBindings) expect(names).toContain(roleRef.name);
  const own = new Set(roles.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  for (const { roleRef, metadata } of roleBindings) {
    expect(own).toContain(`${metadata.namespace}/${roleRef.name}`);
  }
});
