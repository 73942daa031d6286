import { describe, expect, test } from "bun:test";
import type { Node, Pod } from "../../kube/types/mod.ts";
import { node, type PodSketch, pod } from "../controllers/testing/mod.ts";
import type { Snapshot } from "./cycle.ts";
import { nodeView } from "./node-view.ts";
import { schedulePod } from "./schedule-pod.ts";

const cpu = (amount: string, more: object = {}) => ({
  containers: [{ name: "c", resources: { requests: { cpu: amount } }, ...more }],
});

function snapshot(nodes: readonly Node[], pods: readonly Pod[], more: object = {}): Snapshot {
  return {
    nodes: nodes.map((one) =>
      nodeView(
        one,
        pods.filter(({ spec }) => spec.nodeName === one.metadata.name),
      ),
    ),
    namespaces: new Map(),
    claims: new Map(),
    volumes: new Map(),
    storageClasses: new Map(),
    ...more,
  };
}

function decide(of: Pod, nodes: readonly Node[], pods: readonly Pod[] = [], more: object = {}) {
  const on = snapshot(nodes, pods, more);
  return schedulePod({ pod: of, snapshot: on, budgets: [], random: () => 0 });
}

/** Where it goes, or why it waits without the part about preemption. */
function outcome(...args: Parameters<typeof decide>): string {
  const decision = decide(...args);
  return decision.kind === "bind"
    ? decision.nodeName
    : decision.message.replace(/ preemption: .*/, "");
}

const n1 = node("n1", { labels: { zone: "a" } });
const n2 = node("n2", { labels: { zone: "b" } });
const tainted = node("n1", {
  spec: { taints: [{ key: "gpu", value: "x", effect: "NoSchedule" }] },
});
const web = { labels: { app: "web" } };
const near = (kind: "podAffinity" | "podAntiAffinity") => ({
  affinity: {
    [kind]: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "zone", labelSelector: { matchLabels: { app: "web" } } },
      ],
    },
  },
});
const nodeAffinity = (operator: string, values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator, values }] }],
      },
    },
  },
});
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [
    {
      ...{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
      labelSelector: { matchLabels: { app: "web" } },
      ...more,
    },
  ],
});

const cases: {
  name: string;
  pod?: Partial<PodSketch>;
  nodes?: readonly Node[];
  pods?: readonly Pod[];
  want: string;
}[] = [
  { name: "no nodes", nodes: [], want: "no nodes available to schedule pods" },
  {
    name: "the emptier node",
    pods: [pod({ name: "a", node: "n1", spec: cpu("1") })],
    want: "n2",
  },
  {
    name: "not enough of a resource",
    pod: { spec: cpu("3") },
    want: "0/2 nodes are available: 2 Insufficient cpu.",
  },
  {
    name: "an init container counts alone, sidecars with the rest",
    pod: {
      spec: {
        ...cpu("500m"),
        initContainers: [
          { name: "s", restartPolicy: "Always", resources: { requests: { cpu: "1" } } },
          { name: "i", resources: { requests: { cpu: "1500m" } } },
        ],
      },
    },
    want: "0/2 nodes are available: 2 Insufficient cpu.",
  },
  {
    name: "overhead",
    pod: { spec: { ...cpu("2"), overhead: { cpu: "10m" } } },
    want: "0/2 nodes are available: 2 Insufficient cpu.",
  },
  {
    name: "as many pods as a node takes",
    nodes: [node("n1", {}, { cpu: "2", memory: "1Gi", pods: "1" })],
    pods: [pod({ name: "a", node: "n1" })],
    want: "0/1 nodes are available: 1 Too many pods.",
  },
  {
    name: "pods that have ended take nothing; others do",
    nodes: [n1],
    pod: { spec: cpu("2") },
    pods: [pod({ name: "a", node: "n1", spec: cpu("1") })],
    want: "0/1 nodes are available: 1 Insufficient cpu.",
  },
  {
    name: "a taint",
    nodes: [tainted],
    want: "0/1 nodes are available: 1 node(s) had untolerated taint(s).",
  },
  {
    name: "a taint that is tolerated",
    nodes: [tainted],
    pod: { spec: { tolerations: [{ key: "gpu", operator: "Equal", value: "x" }] } },
    want: "n1",
  },
  {
    name: "a cordoned node",
    nodes: [node("n1", { spec: { unschedulable: true } })],
    want: "0/1 nodes are available: 1 node(s) were unschedulable.",
  },
  { name: "nodeSelector", pod: { spec: { nodeSelector: { zone: "b" } } }, want: "n2" },
  { name: "node affinity In", pod: { spec: nodeAffinity("In", ["a"]) }, want: "n1" },
  { name: "node affinity NotIn", pod: { spec: nodeAffinity("NotIn", ["a"]) }, want: "n2" },
  {
    name: "node affinity that nothing meets",
    pod: { spec: nodeAffinity("In", ["c"]) },
    want: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: "a host port that is taken",
    nodes: [n1],
    pod: { spec: cpu("0", { ports: [{ containerPort: 80, hostPort: 80 }] }) },
    pods: [
      pod({
        name: "a",
        node: "n1",
        spec: cpu("0", { ports: [{ containerPort: 8, hostPort: 80 }] }),
      }),
    ],
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    name: "the same host port at other addresses or protocols",
    nodes: [n1],
    pod: { spec: cpu("0", { ports: [{ containerPort: 80, hostPort: 80, hostIP: "127.0.0.1" }] }) },
    pods: [
      pod({
        ...{ name: "a", node: "n1" },
        spec: cpu("0", {
          ports: [
            { containerPort: 8, hostPort: 80, hostIP: "127.0.0.2" },
            { containerPort: 9, hostPort: 80, protocol: "UDP" },
          ],
        }),
      }),
    ],
    want: "n1",
  },
  {
    name: "pod affinity",
    pod: { spec: near("podAffinity") },
    pods: [pod({ name: "a", node: "n2", ...web })],
    want: "n2",
  },
  {
    name: "pod affinity without company",
    pod: { spec: near("podAffinity") },
    want: "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
  },
  {
    name: "pod affinity of the first of its kind",
    pod: { ...web, spec: near("podAffinity") },
    want: "n1",
  },
  {
    name: "pod anti-affinity",
    pod: { spec: near("podAntiAffinity") },
    pods: [pod({ name: "a", node: "n1", ...web })],
    want: "n2",
  },
  {
    name: "anti-affinity of pods that are there",
    nodes: [n1],
    pod: web,
    pods: [pod({ name: "a", node: "n1", spec: near("podAntiAffinity") })],
    want: "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    name: "topology spread",
    pod: { ...web, spec: spread() },
    pods: [pod({ name: "a", node: "n1", ...web })],
    want: "n2",
  },
  {
    name: "topology spread over fewer domains than asked for",
    nodes: [n1],
    pod: { ...web, spec: spread({ minDomains: 2 }) },
    pods: [pod({ name: "a", node: "n1", ...web })],
    want: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints.",
  },
  {
    name: "topology spread without the label",
    nodes: [node("n3")],
    pod: { ...web, spec: spread() },
    want: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
  },
  {
    name: "a claim that is missing",
    pod: { spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] } },
    want: '0/2 nodes are available: persistentvolumeclaim "data" not found.',
  },
  {
    name: "reasons of all nodes, counted and sorted",
    nodes: [
      tainted,
      node("n2", {}, { cpu: "1", pods: "9" }),
      node("n3", {}, { cpu: "1", pods: "9" }),
    ],
    pod: { spec: cpu("2") },
    want: "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.",
  },
];

describe("schedulePod()", () => {
  test.each(cases)("$name", ({ pod: sketch, nodes = [n1, n2], pods = [], want }) => {
    expect(outcome(pod({ name: "new", ...sketch }), nodes, pods)).toBe(want);
  });

  test("goes where its volume is", () => {
    const claim = {
      metadata: {
        ...{ name: "data", namespace: "ns" },
        annotations: { "pv.kubernetes.io/bind-completed": "yes" },
      },
      spec: { volumeName: "pv" },
    };
    const terms = [{ matchExpressions: [{ key: "zone", operator: "In", values: ["b"] }] }];
    const volume = {
      metadata: { name: "pv" },
      spec: { nodeAffinity: { required: { nodeSelectorTerms: terms } } },
    };
    const more = { claims: new Map([["ns/data", claim]]), volumes: new Map([["pv", volume]]) };
    const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
    expect(outcome(pod({ name: "new", spec: { volumes } }), [n1, n2], [], more)).toBe("n2");
  });

  test("says that preemption does not help, for each node why", () => {
    const decision = decide(pod({ name: "new", spec: cpu("2") }), [
      tainted,
      node("n2", {}, { cpu: "1", pods: "9" }),
    ]);
    expect(decision).toMatchObject({
      message:
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). " +
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    });
  });
});

describe("preemption", () => {
  const urgent = (spec: object) => pod({ name: "new", spec: { priority: 100, ...spec } });
  const low = (name: string, on: string, more: object = {}) =>
    pod({ name, node: on, spec: { ...cpu("1"), priority: 1, ...more } });
  const names = (decision: ReturnType<typeof decide>) =>
    decision.kind === "wait" && decision.nominated !== undefined
      ? [
          decision.nominated.nodeName,
          ...decision.nominated.victims.map(({ metadata }) => metadata.name),
        ]
      : [];

  test("takes the node with the least loss, and no more pods than needed", () => {
    const pods = [
      low("a", "n1"),
      low("b", "n1", { priority: 50 }),
      low("c", "n2"),
      low("d", "n2", { priority: 2 }),
    ];
    expect(names(decide(urgent(cpu("1")), [n1, n2], pods))).toEqual(["n1", "a"]);
    expect(names(decide(urgent(cpu("2")), [n1, n2], pods))).toEqual(["n2", "d", "c"]);
  });

  test("leaves pods of the same priority alone, and pods that never preempt wait", () => {
    const equal = [low("a", "n1", { priority: 100 }), low("b", "n1", { priority: 100 })];
    const decision = decide(urgent(cpu("1")), [n1], equal);
    expect(names(decision)).toEqual([]);
    expect(decision).toMatchObject({
      message: expect.stringContaining("1 No preemption victims found for incoming pod."),
    });
    const never = urgent({ ...cpu("2"), preemptionPolicy: "Never" });
    expect(names(decide(never, [n1], [low("a", "n1")]))).toEqual([]);
  });

  test("keeps pods that a budget guards where others would do", () => {
    const guarded = pod({ name: "a", node: "n1", ...web, spec: { ...cpu("2"), priority: 1 } });
    const free = pod({ name: "b", node: "n2", spec: { ...cpu("2"), priority: 5 } });
    const budget = {
      metadata: { name: "web", namespace: "ns" },
      spec: { selector: { matchLabels: { app: "web" } } },
      status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    };
    const input = { pod: urgent(cpu("2")), snapshot: snapshot([n1, n2], [guarded, free]) };
    const decision = schedulePod({ ...input, budgets: [budget], random: () => 0 });
    expect(names(decision)).toEqual(["n2", "b"]);
  });
});
