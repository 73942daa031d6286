import { describe, expect, test } from "bun:test";
import { apiTime } from "../../../kube/client/mod.ts";
import type { Job, Pod } from "../../../kube/types/mod.ts";
import { NOW, type PodSketch, pod, printWrites } from "../testing/mod.ts";
import { formatIndexes } from "./job-pod.ts";
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
    want: ["delete Pod b", "event BackoffLimitExceeded"],
  },
  {
    name: "fails at its deadline",
    spec: { activeDeadlineSeconds: 30 },
    status: { startTime: apiTime(NOW - 31_000) },
    pods: [mine("a", "Running")],
    want: ["delete Pod a", "event DeadlineExceeded"],
  },
  {
    name: "ends its pods while it is suspended",
    spec: { suspend: true },
    pods: [mine("a", "Running")],
    want: ["delete Pod a"],
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

test("formatIndexes() joins what is next to each other", () => {
  expect(formatIndexes([3, 0, 1, 2, 7, 9, 8, 5, 5, undefined])).toBe("0-3,5,7-9");
  expect(formatIndexes([1, 0, 4])).toBe("0,1,4");
  expect(formatIndexes([])).toBe("");
});
