import { describe, expect, test } from "bun:test";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, type KubeObject } from "../client/mod.ts";
import { findKubeletAccess } from "./mod.ts";
import { useApiServer } from "./testing/api-fixture.ts";

const api = useApiServer();

describe("findKubeletAccess()", () => {
  const role = (resources: readonly string[], verbs: readonly string[]): KubeObject => {
    const object = {
      metadata: { name: "system:kube-apiserver-to-kubelet" },
      rules: [{ apiGroups: [""], resources, verbs }],
    };
    return object;
  };
  const binding = (name: string): KubeObject => {
    const object = {
      metadata: { name: "system:kube-apiserver" },
      roleRef: { kind: "ClusterRole", name: "system:kube-apiserver-to-kubelet" },
      subjects: [{ kind: "User", name }],
    };
    return object;
  };
  test.each([
    {
      name: "finds the origin's role and binding",
      rule: ["nodes/proxy"],
      user: "kubernetes",
      want: true,
    },
    { name: "finds another user's binding", rule: ["nodes/proxy"], user: "somebody", want: false },
    {
      name: "finds a role without nodes/proxy",
      rule: ["nodes/stats"],
      user: "kubernetes",
      want: false,
    },
    { name: "finds nothing", rule: undefined, user: undefined, want: false },
  ])("$name", async ({ rule, user, want }) => {
    if (rule !== undefined) api.server.store.put(CLUSTER_ROLES, role(rule, ["*"]));
    if (user !== undefined) api.server.store.put(CLUSTER_ROLE_BINDINGS, binding(user));
    const access = await findKubeletAccess(api.client);
    expect(access.allowed).toBe(want);
    if (access.allowed) expect(access.binding).toBe("system:kube-apiserver");
    else expect(access.reason).toContain('user "kubernetes"');
  });
});
