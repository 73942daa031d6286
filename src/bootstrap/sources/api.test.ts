import { describe, expect, test } from "bun:test";
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type KubeObject,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
} from "../../kube/client/mod.ts";
import { useApiServer } from "../../kube/nodes/testing/api-fixture.ts";
import { collectApi } from "./mod.ts";

const api = useApiServer();

const object = (name: string, rest: Readonly<Record<string, unknown>>): KubeObject => ({
  metadata: { name },
  ...rest,
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("collectApi()", () => {
  test("reads nodes, pods, services, requests, tokens and rights, over TLS", async () => {
    const { store } = api.server;
    store.put(
      NODES,
      object("node-0", {
        spec: { podCIDR: "10.200.0.0/24", taints: [{ key: "a", effect: "NoSchedule" }] },
        status: {
          nodeInfo: { machineID: "m", bootID: "b", kubeletVersion: "v1.36.0" },
          conditions: [{ type: "Ready", status: "True" }],
        },
      }),
    );
    store.put(PODS, {
      metadata: { name: "web", namespace: "default" },
      ...{ spec: { nodeName: "node-0" }, status: { podIP: "10.200.0.5" } },
    });
    store.put(SERVICES, {
      metadata: { name: "kube-dns", namespace: "kube-system" },
      ...{ spec: { type: "ClusterIP", clusterIP: "10.32.0.10" } },
    });
    store.put(
      CERTIFICATE_SIGNING_REQUESTS,
      object("csr-1", {
        spec: { signerName: "kubernetes.io/kubelet-serving", username: "system:node:node-0" },
      }),
    );
    store.put(
      CERTIFICATE_SIGNING_REQUESTS,
      object("csr-2", { status: { conditions: [{ type: "Approved", status: "True" }] } }),
    );
    store.put(SECRETS, {
      metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
      ...{
        type: "bootstrap.kubernetes.io/token",
        data: { "token-id": base64("abcdef"), expiration: base64("2026-12-01T00:00:00Z") },
      },
    });
    store.put(CLUSTER_ROLES, object("r", { rules: [RULE] }));
    store.put(
      CLUSTER_ROLE_BINDINGS,
      object("b", {
        roleRef: { kind: "ClusterRole", name: "r" },
        subjects: [{ kind: "User", name: "kubernetes" }],
      }),
    );

    const facts = await collectApi(api.client);
    expect(facts.version).toBe("v1.36.2");
    expect(facts.nodes).toMatchObject([
      {
        name: "node-0",
        podCidrs: ["10.200.0.0/24"],
        taints: [{ key: "a", value: "", effect: "NoSchedule" }],
        machineId: "m",
        bootId: "b",
        kubeletVersion: "v1.36.0",
        isUnschedulable: false,
        conditions: [{ type: "Ready", status: "True", reason: "", message: "" }],
      },
    ]);
    expect(facts.pods).toMatchObject([{ name: "web", node: "node-0", ips: ["10.200.0.5"] }]);
    expect(facts.services).toMatchObject([{ name: "kube-dns", clusterIps: ["10.32.0.10"] }]);
    expect(facts.csrs.map(({ name, isPending }) => [name, isPending])).toEqual([
      ["csr-1", true],
      ["csr-2", false],
    ]);
    expect(facts.bootstrapTokens).toEqual([
      { id: "abcdef", expiresMs: Date.parse("2026-12-01T00:00:00Z") },
    ]);
    expect(facts.kubeletAccess).toEqual({ user: "kubernetes", isAllowed: true, reason: "" });
    // A server without access reviews cannot be asked, which is not the same as a refusal.
    expect(facts.proxyAccess).toBeNull();
  });

  test("goes on without what is not allowed", async () => {
    api.server.intercept = ({ path }) =>
      path.includes("nodes") || path === "/version"
        ? undefined
        : { code: 403, reason: "Forbidden", message: "no" };
    expect(await collectApi(api.client)).toMatchObject({
      nodes: [],
      pods: [],
      bootstrapTokens: null,
      kubeletAccess: null,
    });
  });

  test("rejects where nodes cannot be listed", async () => {
    api.server.intercept = () => ({ code: 403, reason: "Forbidden", message: "not you" });
    await expect(collectApi(api.client)).rejects.toThrow("not you");
  });
});

const RULE = { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["*"] };
