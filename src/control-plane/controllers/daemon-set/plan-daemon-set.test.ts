import { describe, expect, test } from "bun:test";
import type { DaemonSet, Node, Pod } from "../../../kube/types/mod.ts";
import { NOW, node, type PodSketch, pod, printWrites } from "../testing/mod.ts";
import { planDaemonSet } from "./plan-daemon-set.ts";

const labels = { app: "agent" };
const owner = { kind: "DaemonSet", name: "agent", uid: "uid-agent" };

function daemonSet(spec: Partial<DaemonSet["spec"]> = {}): DaemonSet {
  return {
    metadata: { name: "agent", namespace: "ns", uid: "uid-agent", generation: 1 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      ...spec,
    },
  };
}

/** The hash of the present template, as the controller gives it to pods. */
function hashNow(set: DaemonSet): string {
  const plan = planDaemonSet({ set, nodes: [node("x")], pods: [], revisions: [], now: NOW });
  const made = plan.writes.find((write) => write.verb === "create" && write.type.kind === "Pod");
  const { metadata } = made?.verb === "create" ? made.object : { metadata: { name: "" } };
  return metadata.labels?.["controller-revision-hash"] ?? "";
}

const mine = (name: string, on: string, hash: string, more: Partial<PodSketch> = {}): Pod =>
  pod({
    ...{ name, owner, node: on, ready: true },
    labels: { ...labels, "controller-revision-hash": hash },
    ...more,
  });
const tainted = (name: string, effect: string): Node =>
  node(name, { spec: { taints: [{ key: "only", effect }] } });

function changes(
  nodes: readonly Node[],
  pods: readonly Pod[],
  spec: Partial<DaemonSet["spec"]> = {},
): readonly string[] {
  const set = daemonSet(spec);
  return printWrites(planDaemonSet({ set, nodes, pods, revisions: [], now: NOW }).writes).filter(
    (write) => !write.includes("ControllerRevision"),
  );
}

describe("planDaemonSet()", () => {
  const now = hashNow(daemonSet());

  test("gives each node a pod, the revision first", () => {
    const set = daemonSet();
    const nodes = [node("a"), node("b")];
    const { writes } = planDaemonSet({ set, nodes, pods: [], revisions: [], now: NOW });
    expect(printWrites(writes)).toEqual([
      `create ControllerRevision agent-${now}`,
      "create Pod agent-*",
      "create Pod agent-*",
    ]);
  });

  test("a pod is bound to its node by affinity, and endures what nodes suffer", () => {
    const input = { set: daemonSet(), nodes: [node("a")], pods: [], revisions: [], now: NOW };
    const made = planDaemonSet(input).writes.at(-1);
    expect(made).toMatchObject({
      object: {
        spec: {
          tolerations: expect.arrayContaining([
            expect.objectContaining({ key: "node.kubernetes.io/not-ready", effect: "NoExecute" }),
          ]),
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", values: ["a"] }] }],
              },
            },
          },
        },
      },
    });
  });

  test.each([
    {
      name: "is content with one pod a node",
      nodes: [node("a")],
      pods: [mine("p", "a", now)],
      want: [],
    },
    {
      name: "gives none to a node that it does not tolerate",
      nodes: [tainted("a", "NoSchedule")],
      pods: [],
      want: [],
    },
    {
      name: "leaves a pod that is there where only scheduling is barred",
      nodes: [tainted("a", "NoSchedule")],
      pods: [mine("p", "a", now)],
      want: [],
    },
    {
      name: "takes it off where it may not run",
      nodes: [tainted("a", "NoExecute")],
      pods: [mine("p", "a", now)],
      want: ["delete Pod p"],
    },
    {
      name: "replaces one that has failed",
      nodes: [node("a")],
      pods: [mine("p", "a", now, { phase: "Failed" })],
      want: ["event FailedDaemonPod", "delete Pod p"],
    },
    {
      name: "keeps one of two",
      nodes: [node("a")],
      pods: [mine("p", "a", now), mine("q", "a", now)],
      want: ["delete Pod q"],
    },
    {
      name: "replaces old ones one after the other",
      nodes: [node("a"), node("b")],
      pods: [mine("p", "a", "old"), mine("q", "b", "old")],
      want: ["delete Pod p"],
    },
    {
      name: "waits while another is down",
      nodes: [node("a"), node("b")],
      pods: [mine("p", "a", now, { ready: false }), mine("q", "b", "old")],
      want: [],
    },
    {
      name: "replaces an old one that is down at once",
      nodes: [node("a"), node("b")],
      pods: [mine("p", "a", "old", { ready: false }), mine("q", "b", "old")],
      want: ["delete Pod p"],
    },
  ])("$name", ({ nodes, pods, want }) => {
    expect(changes(nodes, pods)).toEqual(want);
  });

  test("OnDelete leaves old pods to others; maxSurge puts the new one beside the old", () => {
    const old = [mine("p", "a", "old")];
    expect(changes([node("a")], old, { updateStrategy: { type: "OnDelete" } })).toEqual([]);
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    const surge = { updateStrategy: { type: "RollingUpdate", rollingUpdate } };
    expect(changes([node("a")], old, surge)).toEqual(["create Pod agent-*"]);
    expect(changes([node("a")], [...old, mine("q", "a", now)], surge)).toEqual(["delete Pod p"]);
  });

  test("counts nodes, not pods", () => {
    const nodes = [node("a"), node("b"), tainted("c", "NoSchedule")];
    const pods = [mine("p", "a", now), mine("q", "c", now)];
    const set = daemonSet();
    const [write] = planDaemonSet({ set, nodes, pods, revisions: [], now: NOW }).finish?.([]) ?? [];
    expect(write).toMatchObject({
      object: {
        status: {
          ...{ desiredNumberScheduled: 2, currentNumberScheduled: 1, numberMisscheduled: 1 },
          ...{ numberReady: 1, numberAvailable: 1, numberUnavailable: 1 },
        },
      },
    });
  });
});
