import { describe, expect, test } from "bun:test";
import type { ApiObject, JsonObject } from "../../objects/mod.ts";
import { resourceAttributes, type UserInfo } from "../request/mod.ts";
import { asked } from "../testing/mod.ts";
import { NodeAuthorizer, NodeGraph } from "./mod.ts";

const NODE: UserInfo = { name: "system:node:n1", groups: ["system:nodes"] };

function pod(name: string, node: string, spec: JsonObject = {}): ApiObject {
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: { name, namespace: "ns", uid: name },
    spec: { containers: [{ name: "c" }], nodeName: node, ...spec },
  };
}

const VOLUME: ApiObject = {
  ...{ apiVersion: "v1", kind: "PersistentVolume" },
  metadata: { name: "pv" },
  spec: {
    claimRef: { namespace: "ns", name: "claim" },
    csi: {
      ...{ driver: "d", volumeHandle: "v" },
      nodeStageSecretRef: { name: "stage", namespace: "vault" },
      controllerPublishSecretRef: { name: "publish", namespace: "vault" },
    },
  },
};

function graph(): NodeGraph {
  const made = new NodeGraph();
  made.setPod(
    pod("mine", "n1", {
      serviceAccountName: "sa",
      imagePullSecrets: [{ name: "pull" }],
      initContainers: [{ name: "i", envFrom: [{ secretRef: { name: "init" } }] }],
      containers: [
        {
          name: "c",
          env: [
            { name: "A", valueFrom: { secretKeyRef: { name: "env", key: "k" } } },
            { name: "B", valueFrom: { configMapKeyRef: { name: "env", key: "k" } } },
          ],
        },
      ],
      volumes: [
        { name: "a", secret: { secretName: "volume" } },
        { name: "b", projected: { sources: [{ configMap: { name: "kube-root-ca.crt" } }] } },
        { name: "c", persistentVolumeClaim: { claimName: "claim" } },
        { name: "d", ephemeral: {} },
      ],
    }),
  );
  made.setPod(pod("other", "n2", { imagePullSecrets: [{ name: "theirs" }] }));
  made.setPod(pod("unbound", "", { imagePullSecrets: [{ name: "later" }] }));
  const mirror = pod("mirror", "n1", { imagePullSecrets: [{ name: "mirrored" }] });
  const annotations = { "kubernetes.io/config.mirror": "x" };
  made.setPod({ ...mirror, metadata: { ...mirror.metadata, annotations } });
  made.setVolume(VOLUME);
  made.setNodeOf("volumeattachment", "va", "n1");
  return made;
}

describe("NodeAuthorizer", () => {
  const authorizer = new NodeAuthorizer(graph());
  const rows: [verb: string, path: string, want: boolean][] = [
    ["get", "secrets@ns#pull", true],
    ["get", "secrets@ns#init", true],
    ["get", "secrets@ns#env", true],
    ["watch", "secrets@ns#volume", true],
    ["list", "secrets@ns#volume", true],
    ["list", "secrets@ns", false],
    ["list", "secrets", false],
    ["get", "secrets@ns#theirs", false],
    ["get", "secrets@ns#later", false],
    ["get", "secrets@ns#mirrored", false],
    ["get", "secrets@other#pull", false],
    ["update", "secrets@ns#pull", false],
    ["delete", "secrets@ns#pull", false],
    ["get", "secrets@vault#stage", true],
    ["get", "secrets@vault#publish", false],
    ["get", "configmaps@ns#env", true],
    ["get", "configmaps@ns#kube-root-ca.crt", true],
    ["get", "configmaps@ns#pull", false],
    ["get", "persistentvolumeclaims@ns#claim", true],
    ["get", "persistentvolumeclaims@ns#mine-d", true],
    ["list", "persistentvolumeclaims@ns", false],
    ["update", "persistentvolumeclaims/status@ns#claim", true],
    ["update", "persistentvolumeclaims/status@ns#else", false],
    ["get", "persistentvolumes#pv", true],
    ["get", "persistentvolumes#else", false],
    ["get", "storage.k8s.io:volumeattachments#va", true],
    ["get", "storage.k8s.io:volumeattachments#vb", false],
    ["create", "serviceaccounts/token@ns#sa", true],
    ["create", "serviceaccounts/token@ns#default", false],
    ["get", "serviceaccounts@ns#sa", true],
    ["get", "serviceaccounts@ns#default", false],
    ["create", "serviceaccounts@ns", false],
    ["get", "nodes#n1", true],
    ["get", "nodes#n2", false],
    ["list", "nodes", false],
    ["create", "nodes", true],
    ["patch", "nodes/status#n1", true],
    ["delete", "nodes#n1", false],
    ["get", "nodes/proxy#n1", false],
    ["get", "pods@ns#mine", true],
    ["get", "pods@ns#other", false],
    ["list", "pods", false],
    ["create", "pods@ns", true],
    ["update", "pods@ns#mine", false],
    ["patch", "pods/status@ns#mine", true],
    ["create", "pods/eviction@ns#mine", true],
    ["create", "pods/exec@ns#mine", false],
    ["get", "pods/log@ns#mine", false],
    ["create", "coordination.k8s.io:leases@kube-node-lease", true],
    ["update", "coordination.k8s.io:leases@kube-node-lease#n1", true],
    ["update", "coordination.k8s.io:leases@kube-node-lease#n2", false],
    ["update", "coordination.k8s.io:leases@kube-system#n1", false],
    ["list", "coordination.k8s.io:leases@kube-node-lease", false],
    ["get", "storage.k8s.io:csinodes#n1", true],
    ["get", "storage.k8s.io:csinodes#n2", false],
    ["list", "node.k8s.io:runtimeclasses", true],
    ["list", "services", true],
    ["create", "events@ns", true],
    ["create", "certificates.k8s.io:certificatesigningrequests", true],
    ["create", "authorization.k8s.io:subjectaccessreviews", true],
    ["list", "namespaces", false],
    ["list", "rbac.authorization.k8s.io:roles@ns", false],
    ["get", "constructor@ns#x", false],
    ["get", "__proto__@ns#x", false],
  ];
  test.each(rows)("a node may %s %s: %p", (verb, path, want) => {
    expect(authorizer.decide(NODE, asked(verb, path)).allowed).toBe(want);
  });
  test("watches pods of its own node only", () => {
    const watch = (node: string) =>
      resourceAttributes({ verb: "watch", resource: "pods", fields: { "spec.nodeName": node } });
    expect(authorizer.decide(NODE, watch("n1")).allowed).toBe(true);
    expect(authorizer.decide(NODE, watch("n2")).allowed).toBe(false);
  });
  test("has no opinion about who is no node, nor about a node without a name", () => {
    const create = asked("create", "nodes");
    expect(authorizer.decide({ ...NODE, groups: [] }, create).allowed).toBe(false);
    expect(authorizer.decide({ ...NODE, name: "n1" }, create)).toEqual({
      allowed: false,
      reason: 'unknown node for user "n1"',
    });
  });
});

test("NodeGraph takes pods of any shape", () => {
  const made = new NodeGraph();
  for (const spec of [
    {},
    { volumes: {} },
    { containers: "x" },
    { volumes: [null, "x", { secret: 7 }] },
  ]) {
    made.setPod(pod("odd", "n1", spec));
  }
  expect(made.reaches("n1", { kind: "pod", namespace: "ns", name: "odd" })).toBe(true);
});

test("NodeGraph forgets what goes", () => {
  const made = graph();
  const secret = { kind: "secret" as const, namespace: "vault", name: "stage" };
  expect(made.reaches("n1", secret)).toBe(true);
  made.deletePod("ns", "mine");
  expect(made.reaches("n1", secret)).toBe(false);
  made.setPod(
    pod("mine", "n1", { volumes: [{ name: "c", persistentVolumeClaim: { claimName: "claim" } }] }),
  );
  expect(made.reaches("n1", secret)).toBe(true);
  made.deleteVolume("pv");
  expect(made.reaches("n1", secret)).toBe(false);
  made.setNodeOf("volumeattachment", "va", "");
  expect(made.reaches("n1", { kind: "volumeattachment", namespace: "", name: "va" })).toBe(false);
});
