import { describe, expect, test } from "bun:test";
import { apiTime } from "../../../kube/client/mod.ts";
import type { Job, Pod } from "../../../kube/types/mod.ts";
import { NOW, type PodSketch, pod, printWrites } from "../testing/mod.ts";
import { formatIndexes, parseIndexes } from "./job-indexes.ts";
import { planJob } from "./plan-job.ts";

const labels = { "batch.kubernetes.io/job-name": "pi" };
const owner = { apiVersion: "batch/v1", kind: "Job", name: "pi", uid: "uid-pi" };
const mine = (name: string, phase: string, more: Partial<PodSketch> = {}): Pod =>
  pod({ name, labels, owner, phase, createdMs: NOW - 60_000, ...more });

function job(spec: Partial<Job["spec"]> = {}, status?: Job["status"]): Job {
  return {
    metadata: { name: "pi", namespace: "ns", uid: "uid-pi", generation: 1 },
    spec: {
      ...{ parallelism: 1, completions: 1, backoffLimit: 6, selector: { matchLabels: labels } },
      template: {
        metadata: { labels },
        spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
      },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

const indexed = (name: string, index: number, phase: string): Pod =>
  mine(name, phase, {
    annotations: { "batch.kubernetes.io/job-completion-index": String(index) },
  });

interface Case {
  readonly name: string;
  readonly spec?: Partial<Job["spec"]>;
  readonly status?: Job["status"];
  readonly pods?: readonly Pod[];
  readonly want: readonly string[];
}

const cases: readonly Case[] = [
  { name: "starts a pod", want: ["create Pod pi-*"] },
  { name: "waits for the one that runs", pods: [mine("a", "Running")], want: [] },
  {
    name: "starts no more than completions need",
    spec: { completions: 3, parallelism: 5 },
    pods: [mine("a", "Succeeded"), mine("b", "Running")],
    want: ["create Pod pi-*"],
  },
  {
    name: "is complete",
    pods: [mine("a", "Succeeded")],
    want: ["event Completed"],
  },
  {
    name: "without completions runs parallelism pods until the first success",
    spec: { completions: undefined as never, parallelism: 2 },
    want: ["create Pod pi-*", "create Pod pi-*"],
  },
  {
    name: "without completions starts none beside a success",
    spec: { completions: undefined as never, parallelism: 3 },
    pods: [mine("a", "Succeeded"), mine("b", "Running")],
    want: [],
  },
  {
    name: "waits before the next try after a failure",
    pods: [mine("a", "Failed", { createdMs: NOW - 1_000 })],
    want: [],
  },
  {
    name: "tries again when the back-off is over",
    pods: [mine("a", "Failed")],
    want: ["create Pod pi-*"],
  },
  {
    name: "fails beyond the back-off limit and ends what runs",
    spec: { backoffLimit: 0, parallelism: 2, completions: 2 },
    pods: [mine("a", "Failed"), mine("b", "Running")],
    want: ["delete Pod b"],
  },
  {
    name: "fails at its deadline",
    spec: { activeDeadlineSeconds: 30 },
    status: { startTime: apiTime(NOW - 31_000) },
    pods: [mine("a", "Running")],
    want: ["delete Pod a"],
  },
  {
    name: "ends its pods while it is suspended",
    spec: { suspend: true },
    pods: [mine("a", "Running")],
    want: ["delete Pod a", "event Suspended"],
  },
  {
    name: "goes on after it was suspended",
    status: { conditions: [{ type: "Suspended", status: "True" }] },
    want: ["create Pod pi-*", "event Resumed"],
  },
  {
    name: "has failed when its last pod is gone",
    spec: { backoffLimit: 0 },
    pods: [mine("a", "Failed")],
    want: ["event BackoffLimitExceeded"],
  },
  {
    name: "does not judge again what it has said",
    spec: { completions: 2 },
    status: {
      conditions: [{ type: "SuccessCriteriaMet", status: "True", reason: "SuccessPolicy" }],
    },
    want: ["event Completed"],
  },
  {
    name: "fails by the restarts of its containers",
    spec: {
      backoffLimit: 1,
      template: { spec: { restartPolicy: "OnFailure", containers: [] } },
    },
    pods: [mine("a", "Running", { restarts: 1 })],
    want: ["delete Pod a"],
  },
  {
    name: "waits for pods that are ending where only failed ones are replaced",
    spec: { podReplacementPolicy: "Failed" },
    pods: [mine("a", "Running", { deleted: true })],
    want: [],
  },
  {
    name: "replaces pods that are ending at once otherwise",
    pods: [mine("a", "Running", { deleted: true })],
    want: ["create Pod pi-*"],
  },
  {
    name: "leaves a Job of another controller alone",
    spec: { managedBy: "example.com/other" },
    want: [],
  },
  {
    name: "gives up what a smaller parallelism leaves over, what is not ready first",
    spec: { completions: 5, parallelism: 1 },
    pods: [mine("a", "Running", { ready: true }), mine("b", "Running", { ready: false })],
    want: ["delete Pod b"],
  },
  {
    name: "gives an index to each pod, the lowest that is free",
    spec: { completions: 4, parallelism: 3, completionMode: "Indexed" },
    pods: [indexed("a", 0, "Succeeded"), indexed("b", 2, "Running")],
    want: ["create Pod pi-1-*", "create Pod pi-3-*"],
  },
  {
    name: "stays after its end",
    status: { conditions: [{ type: "Complete", status: "True" }] },
    pods: [mine("a", "Succeeded")],
    want: [],
  },
  {
    name: "goes when its time after the end is over",
    spec: { ttlSecondsAfterFinished: 10 },
    status: {
      conditions: [{ type: "Complete", status: "True", lastTransitionTime: apiTime(NOW - 11_000) }],
    },
    want: ["delete Job pi"],
  },
];

describe("planJob()", () => {
  test.each(cases)("$name", ({ spec = {}, status, pods = [], want }) => {
    expect(printWrites(planJob({ job: job(spec, status), pods, now: NOW }).writes)).toEqual([
      ...want,
    ]);
  });

  test("counts, and says when it is over", () => {
    const pods = [mine("a", "Succeeded"), mine("b", "Failed")];
    const [write] = planJob({ job: job(), pods, now: NOW }).finish?.([]) ?? [];
    expect(write).toMatchObject({
      ...{ verb: "update", subresource: "status" },
      object: {
        status: {
          ...{ succeeded: 1, failed: 1, completionTime: apiTime(NOW) },
          conditions: [
            { type: "SuccessCriteriaMet", status: "True" },
            { type: "Complete", status: "True" },
          ],
        },
      },
    });
  });

  test("wakes when the next try, the deadline or the end of its time is due", () => {
    const wake = (one: Job, pods: readonly Pod[] = []) =>
      planJob({ job: one, pods, now: NOW }).wakeMs;
    expect(wake(job(), [mine("a", "Failed", { createdMs: NOW - 1_000 })])).toBe(9_000);
    const startTime = apiTime(NOW - 10_000);
    expect(wake(job({ activeDeadlineSeconds: 30 }, { startTime }), [mine("a", "Running")])).toBe(
      20_000,
    );
    const conditions = [{ type: "Failed", status: "True", lastTransitionTime: apiTime(NOW) }];
    expect(wake(job({ ttlSecondsAfterFinished: 5 }, { conditions }))).toBe(5_000);
  });

  test("says what it will come to, and only when its pods are gone that it has", () => {
    const conditions = (pods: readonly Pod[]): unknown => {
      const [write] = planJob({ job: job({ backoffLimit: 0 }), pods, now: NOW }).finish?.([]) ?? [];
      if (write?.verb !== "update") throw new Error("no status is written");
      const { status } = write.object as Job; // cast: what is updated is the Job
      return status?.conditions?.map(({ type, reason }) => [type, reason]);
    };
    const failed = mine("a", "Failed");
    const why = "BackoffLimitExceeded";
    expect(conditions([failed, mine("b", "Running", { deleted: true })])).toEqual([
      ["FailureTarget", why],
    ]);
    expect(conditions([failed])).toEqual([
      ["FailureTarget", why],
      ["Failed", why],
    ]);
  });

  test("a pod with an index knows it", () => {
    const one = job({ completions: 1, completionMode: "Indexed" });
    const [write] = planJob({ job: one, pods: [], now: NOW }).writes;
    expect(write).toMatchObject({
      object: {
        spec: { hostname: "pi-0", containers: [{ env: [{ name: "JOB_COMPLETION_INDEX" }] }] },
      },
    });
  });
});

describe("policies of a Job", () => {
  const each = { completions: 3, parallelism: 3, completionMode: "Indexed" } as const;
  const exited = (one: Pod, exitCode: number): Pod => {
    const ended = { exitCode, finishedAt: apiTime(NOW - 600_000) };
    const container = { name: "c", image: "i", imageID: "", ready: false, restartCount: 0 };
    const containerStatuses = [{ ...container, state: { terminated: ended } }];
    return { ...one, status: { ...one.status, containerStatuses } };
  };
  const onExit = (action: string, ...values: number[]): NonNullable<Job["spec"]> => ({
    podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values } }] },
    template: {},
  });
  const statusOf = (one: Job, pods: readonly Pod[]): Job["status"] => {
    const [write] = planJob({ job: one, pods, now: NOW }).finish?.([]) ?? [];
    return write?.verb === "update" ? (write.object as Job).status : one.status; // cast: it is the Job
  };
  const reason = (one: Job, pods: readonly Pod[]): string | undefined =>
    statusOf(one, pods)?.conditions?.at(-1)?.reason;

  test("a failure that a rule ignores does not count", () => {
    const one = job({ backoffLimit: 0, ...onExit("Ignore", 42) });
    expect(reason(one, [exited(mine("a", "Failed"), 42)])).toBeUndefined();
    expect(reason(one, [exited(mine("a", "Failed"), 1)])).toBe("BackoffLimitExceeded");
  });

  test("a rule fails the Job at once and says why", () => {
    const status = statusOf(job(onExit("FailJob", 3)), [exited(mine("a", "Failed"), 3)]);
    expect(status?.conditions?.at(-1)).toMatchObject({
      ...{ type: "Failed", reason: "PodFailurePolicy" },
      message: "Container c for pod ns/a failed with exit code 3 matching FailJob rule at index 0",
    });
  });

  test("a rule is about conditions of pods", () => {
    const rules = [
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    ];
    const one = job({ backoffLimit: 0, podFailurePolicy: { rules } });
    const evicted = mine("a", "Failed");
    const conditions = [{ type: "DisruptionTarget", status: "True" }];
    expect(reason(one, [{ ...evicted, status: { phase: "Failed", conditions } }])).toBeUndefined();
  });

  test("indexes have limits of their own, and their pods count", () => {
    const one = job({ ...each, backoffLimit: 99, backoffLimitPerIndex: 1 });
    const first = indexed("a", 0, "Failed");
    const done = indexed("b", 1, "Succeeded");
    const { writes } = planJob({ job: one, pods: [exited(first, 1), done], now: NOW });
    expect(writes).toMatchObject([
      {
        object: {
          metadata: { annotations: { "batch.kubernetes.io/job-index-failure-count": "1" } },
        },
      },
      {
        object: {
          metadata: { annotations: { "batch.kubernetes.io/job-index-failure-count": "0" } },
        },
      },
    ]);
    const again = mine("c", "Failed", {
      annotations: {
        "batch.kubernetes.io/job-completion-index": "0",
        "batch.kubernetes.io/job-index-failure-count": "1",
      },
    });
    expect(statusOf(one, [first, done, again])).toMatchObject({
      ...{ failedIndexes: "0", completedIndexes: "1" },
    });
    expect(reason(one, [first, done, again, indexed("d", 2, "Succeeded")])).toBe("FailedIndexes");
    const strict = { ...one, spec: { ...one.spec, maxFailedIndexes: 0 } };
    expect(reason(strict, [first, done, again])).toBe("MaxFailedIndexesExceeded");
  });

  test("a rule gives an index up", () => {
    const one = job({
      ...each,
      ...onExit("FailIndex", 9),
      backoffLimit: 99,
      backoffLimitPerIndex: 5,
    });
    expect(statusOf(one, [exited(indexed("a", 2, "Failed"), 9)])).toMatchObject({
      failedIndexes: "2",
    });
  });

  test("an index stays done although its pod is gone", () => {
    const one = job(each, { completedIndexes: "0,1", succeeded: 2 });
    const { writes } = planJob({ job: one, pods: [], now: NOW });
    expect(printWrites(writes)).toEqual(["create Pod pi-2-*"]);
  });

  test.each<[string, NonNullable<Job["spec"]["successPolicy"]>["rules"], number[], boolean]>([
    ["a number of indexes", [{ succeededCount: 2 }], [0, 2], true],
    ["too few", [{ succeededCount: 2 }], [0], false],
    ["all that are named", [{ succeededIndexes: "0,2" }], [0, 2], true],
    ["one of them is missing", [{ succeededIndexes: "0-2" }], [0, 2], false],
    ["some of those named", [{ succeededIndexes: "0-2", succeededCount: 1 }], [1], true],
    ["others than those named", [{ succeededIndexes: "0", succeededCount: 1 }], [1], false],
  ])("a success policy: %s", (_, rules, done, isMet) => {
    const pods = done.map((index) => indexed(`p${index}`, index, "Succeeded"));
    expect(reason(job({ ...each, successPolicy: { rules } }), pods)).toBe(
      isMet ? "SuccessPolicy" : (undefined as never),
    );
  });
});

test("parseIndexes() reads ranges below the completions", () => {
  expect([...parseIndexes("0,2-4,7-9,x", 9)]).toEqual([0, 2, 3, 4, 7, 8]);
  expect(parseIndexes(undefined, 3).size).toBe(0);
});

test("formatIndexes() joins what is next to each other", () => {
  expect(formatIndexes([3, 0, 1, 2, 7, 9, 8, 5, 5, undefined])).toBe("0-3,5,7-9");
  expect(formatIndexes([1, 0, 4])).toBe("0,1,4");
  expect(formatIndexes([])).toBe("");
});
