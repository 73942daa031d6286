import { describe, expect, test } from "bun:test";
import { API, type Pod } from "../../../kube/types/mod.ts";
import { NOW, type PodSketch, pod, printWrites, replicaSet } from "../testing/mod.ts";
import { planReplicaSet, type Replicated } from "./plan-replica-set.ts";
import { rankForDeletion } from "./rank-pods.ts";

const labels = { app: "web" };
const owner = { kind: "ReplicaSet", name: "web", uid: "uid-web" };
const mine = (name: string, more: Partial<PodSketch> = {}): Pod =>
  pod({ name, labels, owner, ready: true, ...more });

function replicated(replicas: number, metadata: object = {}): Replicated {
  const set = replicaSet("web", { replicas }, { metadata });
  const { object: _, ...type } = API.replicaSets;
  return {
    ...{ type, object: set, replicas, minReadySeconds: 0 },
    selector: set.spec.selector,
    template: set.spec.template ?? {},
  };
}

const cases: {
  name: string;
  replicas: number;
  pods: readonly Pod[];
  metadata?: object;
  want: readonly string[];
}[] = [
  {
    name: "creates what is missing",
    replicas: 3,
    pods: [mine("a")],
    want: ["create Pod web-*", "create Pod web-*"],
  },
  {
    name: "deletes what is too much, the pod that is not ready first",
    replicas: 1,
    pods: [mine("a"), mine("b", { ready: false })],
    want: ["delete Pod b"],
  },
  { name: "leaves the right number alone", replicas: 1, pods: [mine("a")], want: [] },
  {
    name: "replaces pods that have ended or are being deleted",
    replicas: 2,
    pods: [mine("a", { phase: "Failed" }), mine("b", { deleted: true }), mine("c")],
    want: ["create Pod web-*"],
  },
  {
    name: "adopts orphans that match",
    replicas: 1,
    pods: [pod({ name: "o", labels, ready: true })],
    want: ["patch Pod o"],
  },
  {
    name: "releases its pods that match no longer, and replaces them",
    replicas: 1,
    pods: [mine("a", { labels: { app: "other" } })],
    want: ["patch Pod a", "create Pod web-*"],
  },
  {
    name: "leaves pods of others alone",
    replicas: 1,
    pods: [mine("a"), pod({ name: "x", labels, owner: { ...owner, uid: "uid-other" } })],
    want: [],
  },
  {
    name: "makes no pods while it is being deleted",
    replicas: 3,
    pods: [pod({ name: "o", labels })],
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    want: [],
  },
];

describe("planReplicaSet()", () => {
  test.each(cases)("$name", ({ replicas, pods, metadata, want }) => {
    const set = replicated(replicas, metadata);
    expect(printWrites(planReplicaSet({ set, pods, related: pods, now: NOW }).writes)).toEqual(
      want,
    );
  });

  test("reports counts, and the reason where pods cannot be made", () => {
    const pods = [mine("a"), mine("b", { ready: false }), mine("c", { deleted: true })];
    const plan = planReplicaSet({ set: replicated(3), pods, related: pods, now: NOW });
    const [write] = plan.writes;
    if (write === undefined) throw new Error("nothing planned");
    const message = "exceeded quota";
    const [status] = plan.finish?.([{ write, thrown: new Error(message), message }]) ?? [];
    expect(status).toMatchObject({
      verb: "update",
      subresource: "status",
      object: {
        status: {
          ...{ replicas: 2, readyReplicas: 1, availableReplicas: 1, fullyLabeledReplicas: 2 },
          ...{ terminatingReplicas: 1, observedGeneration: 1 },
          conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }],
        },
      },
    });
  });

  test("counts a pod as available after minReadySeconds, and wakes then", () => {
    const set = { ...replicated(2), minReadySeconds: 30 };
    const pods = [mine("a", { createdMs: NOW - 10_000 }), mine("b", { createdMs: NOW - 40_000 })];
    const plan = planReplicaSet({ set, pods, related: pods, now: NOW });
    expect(plan.wakeMs).toBe(20_000);
    const [status] = plan.finish?.([]) ?? [];
    expect(status).toMatchObject({
      object: { status: { readyReplicas: 2, availableReplicas: 1 } },
    });
  });
});

test("rankForDeletion() gives up the least useful pod first", () => {
  const cost = { "controller.kubernetes.io/pod-deletion-cost": "-5" };
  const pods = [
    mine("old", { node: "n1", createdMs: NOW - 864e5 }),
    mine("young", { node: "n1", createdMs: NOW - 60e3 }),
    mine("restarted", { node: "n1", createdMs: NOW - 864e5, restarts: 3 }),
    mine("cheap", { node: "n2", annotations: cost }),
    mine("unready", { node: "n2", ready: false }),
    mine("pending", { node: "n2", ready: false, phase: "Pending" }),
    mine("unassigned", { ready: false, phase: "Pending" }),
    mine("alone", { node: "n3", createdMs: NOW - 1e3 }),
  ];
  expect(rankForDeletion(pods, pods, NOW).map(({ metadata }) => metadata.name)).toEqual([
    ...["unassigned", "pending", "unready", "cheap"],
    ...["young", "restarted", "old", "alone"],
  ]);
});
