import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec } from "../api/mod.ts";
import { admitPod } from "./admit-pod.ts";
import { NodeAdmission } from "./mod.ts";
import type { NodeView } from "./rejection.ts";

const MI = 1024 * 1024;
const NODE: NodeView = {
  name: "n1",
  labels: { zone: "a" },
  taints: [],
  allocatable: { cpu: 2, memory: 100 * MI, pods: 3, "ephemeral-storage": 10 * MI, "x.com/gpu": 1 },
};

function pod(
  name: string,
  requests: Record<string, string> = {},
  spec: Partial<PodSpec> = {},
): Pod {
  return {
    metadata: { name, namespace: "n", uid: name },
    spec: { containers: [{ name: "c", resources: { requests } }], ...spec },
  };
}

const STATIC = { "kubernetes.io/config.source": "file" };
const asStatic = (one: Pod): Pod => ({
  ...one,
  metadata: { ...one.metadata, annotations: STATIC },
});

interface Outcome {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly preempted: readonly string[];
}

/** What becomes of a pod that comes to a node with others. */
async function admit(
  one: Pod,
  others: readonly Pod[] = [],
  node: Partial<NodeView> & { fetched?: Partial<NodeView>; pressures?: readonly string[] } = {},
): Promise<Outcome> {
  const { fetched, pressures = [], ...known } = node;
  const view = { ...NODE, ...known };
  const preempted: string[] = [];
  let isTaken = false;
  const admission = new NodeAdmission({
    unsafeSysctls: [],
    node: () => view,
    fetchNode: async () => ({ ...view, ...fetched }),
    pressures: () => pressures,
    shares: { admit: async () => undefined, release: () => {} },
  });
  const places = {
    others: () => others,
    preempt: async (victim: Pod) => void preempted.push(victim.metadata.name),
  };
  const rejection = await admission.admit(one, places, () => {
    isTaken = true;
  });
  expect(isTaken).toBe(rejection === undefined);
  return { reason: rejection?.reason, message: rejection?.message, preempted };
}

describe("NodeAdmission rejects", () => {
  test.each<{ name: string; one: Pod; others?: Pod[]; reason: string; message: string }>([
    {
      name: "too much CPU, in milli-cores",
      one: pod("p", { cpu: "1500m" }),
      others: [pod("a", { cpu: "600m" })],
      reason: "OutOfcpu",
      message: "Node didn't have enough resource: cpu, requested: 1500, used: 600, capacity: 2000",
    },
    {
      name: "too much memory, in bytes",
      one: pod("p", { memory: "60Mi" }),
      others: [pod("a", { memory: "50Mi" })],
      reason: "OutOfmemory",
      message: `Node didn't have enough resource: memory, requested: ${60 * MI}, used: ${50 * MI}, capacity: ${100 * MI}`,
    },
    {
      name: "too much storage",
      one: pod("p", { "ephemeral-storage": "11Mi" }),
      reason: "OutOfephemeral-storage",
      message: `Node didn't have enough resource: ephemeral-storage, requested: ${11 * MI}, used: 0, capacity: ${10 * MI}`,
    },
    {
      name: "one pod too many",
      one: pod("p"),
      others: [pod("a"), pod("b"), pod("c")],
      reason: "OutOfpods",
      message: "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
    },
    {
      name: "an extended resource that is taken",
      one: pod("p", { "x.com/gpu": "1" }),
      others: [pod("a", { "x.com/gpu": "1" })],
      reason: "OutOfx.com/gpu",
      message: "Node didn't have enough resource: x.com/gpu, requested: 1, used: 1, capacity: 1",
    },
    {
      name: "huge pages that are not there",
      one: pod("p", { "hugepages-2Mi": "2Mi" }),
      reason: "OutOfhugepages-2Mi",
      message: `Node didn't have enough resource: hugepages-2Mi, requested: ${2 * MI}, used: 0, capacity: 0`,
    },
    {
      name: "another node's labels",
      one: pod("p", {}, { nodeSelector: { zone: "b" } }),
      reason: "NodeAffinity",
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
    {
      name: "a port that is taken",
      one: pod(
        "p",
        {},
        { containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80 }] }] },
      ),
      others: [
        pod("a", {}, { containers: [{ name: "c", ports: [{ containerPort: 1, hostPort: 80 }] }] }),
      ],
      reason: "NodePorts",
      message:
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    },
  ])("$name", async ({ one, others = [], reason, message }) => {
    expect(await admit(one, others)).toEqual({ reason, message, preempted: [] });
  });
});

test("NodeAdmission takes what fits exactly, and leaves the cluster's own resources alone", async () => {
  const others = [pod("a", { cpu: "1", memory: "40Mi" })];
  const one = pod("p", { cpu: "1", memory: "60Mi", "other.com/thing": "5" });
  expect((await admit(one, others)).reason).toBeUndefined();
});

test("NodeAdmission asks for the node again before labels decide", async () => {
  const one = pod("p", {}, { nodeSelector: { zone: "b" } });
  expect((await admit(one, [], { fetched: { labels: { zone: "b" } } })).reason).toBeUndefined();
});

test("NodeAdmission rejects what does not tolerate NoExecute, but for static pods", async () => {
  const taints = [
    { key: "soft", effect: "NoSchedule" },
    { key: "hard", value: "v", effect: "NoExecute" },
  ];
  expect(await admit(pod("p"), [], { taints })).toMatchObject({
    reason: "TaintToleration",
    message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  });
  const tolerations = [{ key: "hard", operator: "Exists" }];
  expect((await admit(pod("p", {}, { tolerations }), [], { taints })).reason).toBeUndefined();
  expect((await admit(asStatic(pod("p")), [], { taints })).reason).toBeUndefined();
});

describe("NodeAdmission makes room for a critical pod", () => {
  const critical = (requests: Record<string, string>) =>
    pod("p", requests, { priority: 2_000_000_000 });
  const guaranteed = (name: string, cpu: string): Pod =>
    pod(
      name,
      {},
      {
        containers: [{ name: "c", resources: { limits: { cpu, memory: "1Mi" } } }],
      },
    );
  test.each<{ name: string; one: Pod; others: Pod[]; preempted: string[] }>([
    {
      name: "from nobody where there is some",
      one: critical({ cpu: "1" }),
      others: [pod("a", { cpu: "1" })],
      preempted: [],
    },
    {
      name: "from the smallest that is enough",
      one: critical({ cpu: "1" }),
      others: [
        pod("big", { cpu: "1200m" }),
        pod("small", { cpu: "300m" }),
        pod("mid", { cpu: "500m" }),
      ],
      preempted: ["big"],
    },
    {
      name: "from burstable before guaranteed",
      one: critical({ cpu: "500m" }),
      others: [guaranteed("g", "1"), pod("b", { cpu: "1" })],
      preempted: ["b"],
    },
    {
      name: "from a best-effort pod where only places are short",
      one: critical({}),
      others: [pod("b", { cpu: "1" }), pod("e"), guaranteed("g", "100m")],
      preempted: ["e"],
    },
    {
      name: "a static pod as well",
      one: asStatic(pod("p", { cpu: "2" })),
      others: [pod("a", { cpu: "1" }), pod("b", { cpu: "1" })],
      preempted: ["a", "b"],
    },
  ])("$name", async ({ one, others, preempted }) => {
    const outcome = await admit(one, others);
    expect(outcome.reason).toBeUndefined();
    expect([...outcome.preempted].sort()).toEqual(preempted);
  });

  test("unless the others are critical, too", async () => {
    const others = [critical({ cpu: "2" })];
    expect(await admit(critical({ cpu: "1" }), others)).toMatchObject({
      reason: "UnexpectedAdmissionError",
      message:
        "Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 1000), ]",
      preempted: [],
    });
  });

  test("not against a selector", async () => {
    const one = pod("p", { cpu: "2" }, { priority: 2_000_000_000, nodeSelector: { zone: "b" } });
    expect(await admit(one, [pod("a", { cpu: "1" })])).toMatchObject({
      reason: "NodeAffinity",
      preempted: [],
    });
  });
});

describe("admitPod() under pressure", () => {
  const burstable = pod("p", { cpu: "1" });
  const tolerant = pod(
    "p",
    {},
    {
      tolerations: [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists" }],
    },
  );
  test.each<{ name: string; one: Pod; pressures: string[]; want: string | undefined }>([
    { name: "takes all without", one: pod("p"), pressures: [], want: undefined },
    {
      name: "of memory refuses best effort",
      one: pod("p"),
      pressures: ["MemoryPressure"],
      want: "The node had condition: [MemoryPressure]. ",
    },
    {
      name: "of memory takes burstable",
      one: burstable,
      pressures: ["MemoryPressure"],
      want: undefined,
    },
    {
      name: "of memory takes the tolerant",
      one: tolerant,
      pressures: ["MemoryPressure"],
      want: undefined,
    },
    {
      name: "of disk refuses burstable",
      one: burstable,
      pressures: ["DiskPressure", "MemoryPressure"],
      want: "The node had condition: [DiskPressure MemoryPressure]. ",
    },
    {
      name: "takes static pods",
      one: asStatic(pod("p")),
      pressures: ["DiskPressure"],
      want: undefined,
    },
  ])("$name", ({ one, pressures, want }) => {
    const found = admitPod(one, { unsafeSysctls: [], pressures });
    expect(found?.message).toBe(want as string);
    if (found !== undefined) expect(found.reason).toBe("Evicted");
  });
});
