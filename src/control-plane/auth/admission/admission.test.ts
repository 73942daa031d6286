import { beforeAll, describe, expect, test } from "bun:test";
import { messageOf } from "../../../base/mod.ts";
import { createKey, createSigningRequest } from "../../../kube/pki/mod.ts";
import type { AdmissionRequest } from "../../api/mod.ts";
import { type ApiObject, type JsonObject, objectAt } from "../../objects/mod.ts";
import { KINDS } from "../../resources/mod.ts";
import { RbacAuthorizer, ruleOf } from "../rbac/mod.ts";
import type { UserInfo } from "../request/mod.ts";
import { MemoryObjects } from "../testing/mod.ts";
import { admissions } from "./mod.ts";

const NODE: UserInfo = { name: "system:node:n1", groups: ["system:nodes"] };
const MASTER: UserInfo = { name: "root", groups: ["system:masters"] };
const ANN: UserInfo = { name: "ann", uid: "7", groups: ["dev"] };
const NOW = Date.parse("2026-12-01T00:00:00Z");

const objects = new MemoryObjects({
  serviceaccounts: [
    { metadata: { name: "default", namespace: "ns" }, imagePullSecrets: [{ name: "pull" }] },
    { metadata: { name: "default", namespace: "limited" } },
    { metadata: { name: "silent", namespace: "ns" }, automountServiceAccountToken: false },
  ],
  priorityclasses: [
    { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" },
    { metadata: { name: "usual" }, value: 5, globalDefault: true },
  ],
  limitranges: [
    {
      metadata: { name: "usual", namespace: "limited" },
      spec: { limits: [{ type: "Container", default: { cpu: "1" }, max: { cpu: "2" } }] },
    },
  ],
  resourcequotas: [
    {
      metadata: { name: "few", namespace: "limited" },
      spec: { hard: { pods: "5" } },
      status: { hard: { pods: "5" }, used: { pods: "4" } },
    },
  ],
  runtimeclasses: [
    {
      ...{ metadata: { name: "sandboxed" }, handler: "x", overhead: { podFixed: { cpu: "10m" } } },
      scheduling: { nodeSelector: { a: "b" }, tolerations: [{ key: "t", operator: "Exists" }] },
    },
  ],
  storageclasses: [
    {
      metadata: {
        name: "usual",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "p",
    },
  ],
  nodes: [{ metadata: { name: "n1", uid: "node-uid" } }],
  pods: [
    { metadata: { name: "mine", namespace: "ns" }, spec: { containers: [], nodeName: "n1" } },
    { metadata: { name: "theirs", namespace: "ns" }, spec: { containers: [], nodeName: "n2" } },
  ],
  clusterroles: [
    {
      metadata: { name: "approver" },
      rules: [ruleOf("approve certificates.k8s.io signers kubernetes.io/*")],
    },
  ],
  clusterrolebindings: [
    {
      metadata: { name: "a" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "approver" },
      subjects: [{ kind: "User", name: "ann" }],
    },
  ],
});
const charged: unknown[] = [];
const charge = (quota: unknown): void => void charged.push(quota);
const chain = admissions({
  objects,
  authorizer: new RbacAuthorizer(objects),
  now: () => NOW,
  charge,
  stored: () => [],
});

interface Change {
  readonly user?: UserInfo;
  readonly operation?: AdmissionRequest["operation"];
  readonly object?: ApiObject;
  readonly old?: ApiObject;
  readonly subresource?: string;
}

/** Passes a change through all admissions. */
async function admit(kindName: string, change: Change): Promise<ApiObject | undefined> {
  const kind = KINDS.find((one) => one.kind === kindName);
  if (kind === undefined) throw new Error(`no kind ${kindName}`);
  const { object, old, user = MASTER, subresource = "" } = change;
  const metadata = (object ?? old)?.metadata;
  const request = {
    ...{ user, kind, subresource, old, dryRun: false, warn: () => {} },
    operation: change.operation ?? (old === undefined ? "CREATE" : "UPDATE"),
    ...{ namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" },
  };
  let made = object === undefined ? undefined : structuredClone(object);
  for (const admission of chain) made = await admission({ ...request, object: made });
  return made;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "admitted",
    (thrown: unknown) => messageOf(thrown),
  );
}

function object(kind: string, metadata: JsonObject, rest: JsonObject = {}): ApiObject {
  return { apiVersion: "v1", kind, metadata, ...rest };
}

const pod = (spec: JsonObject = {}, metadata: JsonObject = {}): ApiObject =>
  object(
    "Pod",
    { name: "p", namespace: "ns", ...metadata },
    {
      spec: { containers: [{ name: "c", image: "i" }], ...spec },
    },
  );

describe("limits and classes", () => {
  const limited = (resources: JsonObject): ApiObject =>
    pod({ containers: [{ name: "c", image: "i", resources }] }, { namespace: "limited" });

  test("a pod gets the usual limits and is charged to the quota", async () => {
    const made = await admit("Pod", { object: limited({}) });
    expect(objectAt(made, "spec")["containers"]).toMatchObject([
      { resources: { limits: { cpu: "1" } } },
    ]);
    expect(objectAt(made, "status")).toEqual({ qosClass: "Burstable" });
    expect(charged).toMatchObject([{ metadata: { name: "few" }, status: { used: { pods: "5" } } }]);
  });

  test("a pod beyond a limit is refused, and so is one beyond the quota", async () => {
    expect(await refusal(admit("Pod", { object: limited({ limits: { cpu: "3" } }) }))).toBe(
      'pods "p" is forbidden: maximum cpu usage per Container is 2, but limit is 3',
    );
    const [quota] = objects.lists.resourcequotas ?? [];
    if (quota?.status?.used === undefined) throw new Error("there is no quota");
    quota.status.used = { pods: "5" };
    expect(await refusal(admit("Pod", { object: limited({}) }))).toBe(
      'pods "p" is forbidden: exceeded quota: few, requested: pods=1, used: pods=5, limited: pods=5',
    );
    quota.status.used = { pods: "4" };
  });

  test("a pod gets the overhead and the places of its runtime class, which has to be there", async () => {
    const made = await admit("Pod", { object: pod({ runtimeClassName: "sandboxed" }) });
    expect(objectAt(made, "spec")).toMatchObject({
      overhead: { cpu: "10m" },
      nodeSelector: { a: "b" },
      tolerations: expect.arrayContaining([{ key: "t", operator: "Exists" }]),
    });
    expect(await refusal(admit("Pod", { object: pod({ runtimeClassName: "none" }) }))).toBe(
      'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found',
    );
    expect(await refusal(admit("Pod", { object: pod({ overhead: { cpu: "1" } }) }))).toContain(
      "Pod Overhead set without corresponding RuntimeClass",
    );
  });

  test("a claim gets the default storage class unless it says one", async () => {
    const claim = (spec: JsonObject) =>
      object("PersistentVolumeClaim", { name: "c", namespace: "ns" }, { spec });
    const kind = "PersistentVolumeClaim";
    expect(objectAt(await admit(kind, { object: claim({}) }), "spec")).toEqual({
      storageClassName: "usual",
    });
    const none = { storageClassName: "" };
    expect(objectAt(await admit(kind, { object: claim(none) }), "spec")).toEqual(none);
  });
});

describe("pods", () => {
  test("get their account, its token, pull secrets, a priority and tolerations", async () => {
    const made = await admit("Pod", { object: pod() });
    const spec = objectAt(made, "spec");
    const [volume] = spec["volumes"] as [{ name: string }];
    expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec).toEqual({
      serviceAccountName: "default",
      serviceAccount: "default",
      imagePullSecrets: [{ name: "pull" }],
      priorityClassName: "usual",
      priority: 5,
      preemptionPolicy: "PreemptLowerPriority",
      containers: [
        {
          ...{ name: "c", image: "i" },
          volumeMounts: [
            {
              ...{ name: volume.name, readOnly: true },
              mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
            },
          ],
        },
      ],
      volumes: [
        {
          name: volume.name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              {
                configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] },
              },
              {
                downwardAPI: {
                  items: [
                    {
                      path: "namespace",
                      fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
                    },
                  ],
                },
              },
            ],
          },
        },
      ],
      tolerations: ["not-ready", "unreachable"].map((what) => ({
        ...{ key: `node.kubernetes.io/${what}`, operator: "Exists", effect: "NoExecute" },
        tolerationSeconds: 300,
      })),
    });
  });
  test.each<{ name: string; spec: JsonObject }>([
    { name: "the account", spec: { serviceAccountName: "silent" } },
    { name: "the pod", spec: { automountServiceAccountToken: false } },
    {
      name: "a mount",
      spec: {
        containers: [
          {
            name: "c",
            volumeMounts: [
              { name: "x", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
            ],
          },
        ],
      },
    },
  ])("no token where $name says so", async ({ spec }) => {
    expect(JSON.stringify(await admit("Pod", { object: pod(spec) }))).not.toContain(
      "kube-api-access",
    );
  });
  test.each([
    { spec: { serviceAccountName: "nobody" }, want: 'serviceaccount "nobody" not found' },
    { spec: { priorityClassName: "nothing" }, want: "no PriorityClass with name nothing" },
    { spec: { priority: 7 }, want: "the integer value of priority (7) must not be provided" },
    {
      spec: { priorityClassName: "high", preemptionPolicy: "PreemptLowerPriority" },
      want: "the string value of PreemptionPolicy",
    },
  ])("$spec is refused", async ({ spec, want }) => {
    expect(await refusal(admit("Pod", { object: pod(spec) }))).toContain(want);
  });
  test("tolerations that are there stay alone", async () => {
    const tolerations = [{ operator: "Exists" }];
    const made = await admit("Pod", { object: pod({ tolerations }) });
    expect(objectAt(made, "spec")["tolerations"]).toEqual(tolerations);
  });
  test("anything for a spec passes on to validation", async () => {
    for (const spec of [undefined, null, "x", [], { containers: "x" }, { containers: [null] }]) {
      const odd = { ...pod(), spec: spec as JsonObject };
      expect(await refusal(admit("Pod", { object: odd }))).not.toContain("TypeError");
    }
  });
});

test("a second default PriorityClass is refused", async () => {
  const second = object("PriorityClass", { name: "x" }, { value: 1, globalDefault: true });
  expect(await refusal(admit("PriorityClass", { object: second }))).toContain(
    "PriorityClass usual is already marked as default",
  );
});

describe("a node", () => {
  const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: "node-uid", controller: true };
  const annotations = { "kubernetes.io/config.mirror": "x" };
  const mirror = (spec: JsonObject = {}, metadata: JsonObject = {}): ApiObject =>
    pod({ nodeName: "n1", ...spec }, { annotations, ownerReferences: [owner], ...metadata });
  const bound = (nodeName: string): ApiObject => pod({ nodeName });
  const own = (labels: JsonObject = {}, spec: JsonObject = {}): ApiObject =>
    object("Node", { name: "n1", labels }, { spec });
  const lease = (name: string, namespace = "kube-node-lease"): ApiObject =>
    object("Lease", { name, namespace });
  const claim = (capacity: string, extra: JsonObject = {}): ApiObject =>
    object(
      "PersistentVolumeClaim",
      { name: "c", namespace: "ns", ...extra },
      {
        status: { capacity: { storage: capacity } },
      },
    );
  const rows: [what: string, kind: string, change: Change, want: string][] = [
    ["mirrors a pod", "Pod", { object: mirror() }, "admitted"],
    ["makes other pods", "Pod", { object: bound("n1") }, "can only create mirror pods"],
    ["mirrors for another node", "Pod", { object: mirror({ nodeName: "n2" }) }, "set to itself"],
    [
      "mirrors without owner",
      "Pod",
      { object: mirror({}, { ownerReferences: [] }) },
      "owner reference",
    ],
    [
      "mirrors for an earlier self",
      "Pod",
      { object: mirror({}, { ownerReferences: [{ ...owner, uid: "x" }] }) },
      "UID mismatch",
    ],
    [
      "mirrors a pod with a secret",
      "Pod",
      { object: mirror({ volumes: [{ name: "v", secret: { secretName: "s" } }] }) },
      "may not reference secrets",
    ],
    [
      "mirrors a pod with a ConfigMap",
      "Pod",
      { object: mirror({ volumes: [{ name: "v", configMap: { name: "s" } }] }) },
      "can not create pods that reference configmaps",
    ],
    [
      "mirrors a pod with a directory",
      "Pod",
      { object: mirror({ volumes: [{ name: "v", hostPath: { path: "/" } }] }) },
      "admitted",
    ],
    ["deletes its pod", "Pod", { old: bound("n1"), operation: "DELETE" }, "admitted"],
    ["deletes another's", "Pod", { old: bound("n2"), operation: "DELETE" }, "set to itself"],
    ["changes a pod", "Pod", { object: bound("n1"), old: bound("n1") }, "unexpected operation"],
    [
      "reports a pod",
      "Pod",
      { object: bound("n1"), old: bound("n1"), subresource: "status" },
      "admitted",
    ],
    [
      "reports another's pod",
      "Pod",
      { object: bound("n2"), old: bound("n2"), subresource: "status" },
      "set to itself",
    ],
    [
      "labels a pod by its status",
      "Pod",
      {
        object: pod({ nodeName: "n1" }, { labels: { a: "b" } }),
        old: bound("n1"),
        subresource: "status",
      },
      "cannot update labels",
    ],
    ["execs", "Pod", { object: bound("n1"), subresource: "exec" }, "unexpected pod subresource"],
    [
      "evicts its pod",
      "Pod",
      { object: object("Eviction", { name: "mine", namespace: "ns" }), subresource: "eviction" },
      "admitted",
    ],
    [
      "evicts another's",
      "Pod",
      { object: object("Eviction", { name: "theirs", namespace: "ns" }), subresource: "eviction" },
      "can only evict pods",
    ],
    ["registers", "Node", { object: own({ "kubernetes.io/hostname": "n1" }) }, "admitted"],
    [
      "registers with a label of its own",
      "Node",
      { object: own({ "example.org/a": "1" }) },
      "admitted",
    ],
    [
      "registers with a role",
      "Node",
      { object: own({ "node-role.kubernetes.io/control-plane": "" }) },
      "not allowed to set the following labels",
    ],
    [
      "registers with a restricted label",
      "Node",
      { object: own({ "x.node-restriction.kubernetes.io/a": "" }) },
      "not allowed to set the following labels",
    ],
    [
      "takes away a label",
      "Node",
      { object: own(), old: own({ "k8s.io/a": "" }) },
      "modify labels",
    ],
    [
      "takes away a taint",
      "Node",
      { object: own(), old: own({}, { taints: [{}] }) },
      "modify taints",
    ],
    ["changes another node", "Node", { object: object("Node", { name: "n2" }) }, "modify node"],
    ["renews its lease", "Lease", { object: lease("n1"), old: lease("n1") }, "admitted"],
    ["takes another's lease", "Lease", { object: lease("n2") }, "same name as the requesting node"],
    ["takes a leader's lease", "Lease", { object: lease("n1", "kube-system") }, "kube-node-lease"],
    ["has a CSINode", "CSINode", { object: object("CSINode", { name: "n1" }) }, "admitted"],
    ["takes a CSINode", "CSINode", { object: object("CSINode", { name: "n2" }) }, "same name"],
    [
      "resizes a claim",
      "PersistentVolumeClaim",
      { object: claim("2Gi"), old: claim("1Gi"), subresource: "status" },
      "admitted",
    ],
    [
      "labels a claim",
      "PersistentVolumeClaim",
      { object: claim("1Gi", { labels: { a: "b" } }), old: claim("1Gi"), subresource: "status" },
      "not allowed to update fields",
    ],
    [
      "changes a claim",
      "PersistentVolumeClaim",
      { object: claim("1Gi"), old: claim("1Gi") },
      "only update PVC status",
    ],
    ["reads nothing here", "ConfigMap", { object: object("ConfigMap", { name: "c" }) }, "admitted"],
  ];
  test.each(rows)("%s", async (_what, kind, change, want) => {
    expect(await refusal(admit(kind, { user: NODE, ...change }))).toContain(want);
  });
  test("without a name is refused everything", async () => {
    const user = { ...NODE, name: "somebody" };
    const change = { user, object: object("ConfigMap", { name: "c" }) };
    expect(await refusal(admit("ConfigMap", change))).toContain("could not determine node");
  });
  test("is tainted until it is found ready", async () => {
    const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
    const first = await admit("Node", { object: own() });
    expect(first?.["spec"]).toEqual({ taints: [taint] });
    const again = await admit("Node", { object: own({}, { taints: [taint] }) });
    expect(again?.["spec"]).toEqual({ taints: [taint] });
  });
});

describe("certificate requests", () => {
  let request = "";
  let ofMasters = "";
  beforeAll(async () => {
    const make = async (commonName: string, organization: string) =>
      Buffer.from(
        await createSigningRequest(
          { commonName, organizations: [organization] },
          await createKey(),
        ),
      ).toString("base64");
    request = await make("system:node:n1", "system:nodes");
    ofMasters = await make("root", "system:masters");
  });
  const csr = (spec: JsonObject, status?: JsonObject): ApiObject =>
    object(
      "CertificateSigningRequest",
      { name: "r" },
      {
        spec: {
          usages: ["client auth"],
          signerName: "kubernetes.io/kube-apiserver-client",
          ...spec,
        },
        ...(status === undefined ? {} : { status }),
      },
    );
  const approved = { conditions: [{ type: "Approved", status: "True" }] };
  const KIND = "CertificateSigningRequest";
  test("say who asks, whatever they claim, and begin undecided", async () => {
    const claimed = { request, username: "root", groups: ["system:masters"], extra: { a: ["b"] } };
    const made = await admit(KIND, { user: ANN, object: csr(claimed, approved) });
    expect(made?.["spec"]).toEqual({
      ...{ usages: ["client auth"], signerName: "kubernetes.io/kube-apiserver-client", request },
      ...{ username: "ann", uid: "7", groups: ["dev"] },
    });
    expect(made?.["status"]).toBeUndefined();
  });
  test("are refused where they cannot be read or would make administrators", async () => {
    const send = (spec: JsonObject) => refusal(admit(KIND, { user: ANN, object: csr(spec) }));
    expect(await send({ request: "x" })).toContain("spec.request: Invalid value");
    expect(await send({ request, usages: [] })).toContain("spec.usages: Required value");
    expect(await send({ request, expirationSeconds: 5 })).toContain("less than 600 seconds");
    expect(await send({ request: ofMasters })).toContain("system:masters group is not allowed");
  });
  test("a node asks for itself alone", async () => {
    const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
    const own = csr({ request, signerName });
    expect(await refusal(admit(KIND, { user: NODE, object: own }))).toBe("admitted");
    const user = { ...NODE, name: "system:node:n2" };
    expect(await refusal(admit(KIND, { user, object: own }))).toContain("CN=system:node:n2");
  });
  test("are decided by those who may, once", async () => {
    const old = csr({ request });
    const change = { object: csr({ request, signerName: "a/b" }, approved), old };
    const subresource = "approval";
    const made = await admit(KIND, { user: ANN, subresource, ...change });
    expect(made?.["spec"]).toEqual(old["spec"]);
    expect(made?.["status"]).toMatchObject(approved);
    expect(await refusal(admit(KIND, { user: NODE, subresource, ...change }))).toContain(
      "user not permitted to approve",
    );
    const undo = { object: csr({ request }, { conditions: [] }), old: csr({ request }, approved) };
    expect(await refusal(admit(KIND, { user: ANN, subresource, ...undo }))).toContain(
      "may not remove a condition",
    );
  });
  test("are signed by those who may, and changed by nobody", async () => {
    const signed = { object: csr({ request }, { certificate: "x" }), old: csr({ request }) };
    expect(await refusal(admit(KIND, { user: ANN, subresource: "status", ...signed }))).toContain(
      "user not permitted to sign",
    );
    const plain = await admit(KIND, { user: ANN, ...signed });
    expect(plain).toEqual(csr({ request }));
  });
});

test("nobody gives away rights that he has not", async () => {
  const role = object(
    "Role",
    { name: "r", namespace: "ns" },
    {
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    },
  );
  expect(await refusal(admit("Role", { user: ANN, object: role }))).toContain("not currently held");
  const owned = { ...role, metadata: { ...role.metadata, finalizers: ["x"] } };
  expect(await refusal(admit("Role", { user: ANN, object: owned, old: role }))).toBe("admitted");
});
