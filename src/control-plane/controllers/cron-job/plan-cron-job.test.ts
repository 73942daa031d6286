import { describe, expect, test } from "bun:test";
import { apiTime } from "../../../kube/client/mod.ts";
import type { CronJob, Job } from "../../../kube/types/mod.ts";
import { findZone, parseCron, type Zone } from "../../cron/mod.ts";
import type { Plan } from "../lib/mod.ts";
import { NOW, printWrites } from "../testing/mod.ts";
import { missedTimes } from "./missed-times.ts";
import { planCronJob } from "./plan-cron-job.ts";

const MINUTE = 60_000;
/** NOW in minutes since the epoch: the names of Jobs end in it. */
const NOW_MINUTES = NOW / MINUTE;
const utc = zone("UTC");

function zone(name: string): Zone {
  const found = findZone(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

function job(name: string, how: "Running" | "Complete" | "Failed", startedMs = NOW - MINUTE): Job {
  return {
    metadata: {
      ...{ name, namespace: "ns", uid: `uid-${name}` },
      ownerReferences: [
        { apiVersion: "batch/v1", kind: "CronJob", name: "c", uid: "uid-c", controller: true },
      ],
    },
    spec: { template: {} },
    status: {
      startTime: apiTime(startedMs),
      ...(how === "Complete" ? { completionTime: apiTime(startedMs + 1000) } : {}),
      conditions: how === "Running" ? [] : [{ type: how, status: "True" }],
    },
  };
}

interface Sketch {
  readonly spec?: Partial<CronJob["spec"]>;
  readonly lastMs?: number;
  readonly active?: readonly string[];
  readonly jobs?: readonly Job[];
  readonly now?: number;
}

function plan({ spec, lastMs, active = [], jobs = [], now = NOW }: Sketch, later = jobs): Plan {
  let isFirst = true;
  const cronJob: CronJob = {
    metadata: {
      ...{ name: "c", namespace: "ns", uid: "uid-c" },
      creationTimestamp: apiTime(NOW - 90_000),
    },
    spec: {
      ...{ schedule: "* * * * *", concurrencyPolicy: "Allow" },
      ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
      jobTemplate: { metadata: { labels: { a: "b" } }, spec: { template: {} } },
      ...spec,
    },
    status: {
      ...(active.length === 0
        ? {}
        : { active: active.map((name) => ({ name, uid: `uid-${name}` })) }),
      ...(lastMs === undefined ? {} : { lastScheduleTime: apiTime(lastMs) }),
    },
  };
  const read = (): readonly Job[] => (isFirst ? jobs : later);
  const made = planCronJob({ cronJob, jobs: read, now, systemZone: utc });
  isFirst = false;
  return made;
}

interface Case extends Sketch {
  readonly name: string;
  readonly want: readonly string[];
  readonly wakeMs: number | undefined;
}

const made = `create Job c-${NOW_MINUTES}`;
const soon = MINUTE + 100;
const cases: readonly Case[] = [
  { name: "starts the one that is due", want: [made], wakeMs: soon },
  {
    name: "starts only the latest of those that were missed",
    lastMs: NOW - 10 * MINUTE,
    want: [made],
    wakeMs: soon,
  },
  {
    name: "waits for the next time",
    lastMs: NOW,
    now: NOW + 20_000,
    want: [],
    wakeMs: 40_100,
  },
  {
    name: "starts none while it is suspended",
    spec: { suspend: true },
    want: [],
    wakeMs: undefined,
  },
  {
    name: "starts none after the deadline",
    spec: { schedule: "0 * * * *", startingDeadlineSeconds: 10 },
    lastMs: NOW - 120 * MINUTE,
    now: NOW + 20_000,
    want: [],
    wakeMs: 60 * MINUTE - 20_000 + 100,
  },
  {
    name: "starts late within the deadline",
    spec: { schedule: "0 * * * *", startingDeadlineSeconds: 30 },
    lastMs: NOW - 60 * MINUTE,
    now: NOW + 20_000,
    want: [made],
    wakeMs: 60 * MINUTE - 20_000 + 100,
  },
  {
    name: "warns when far too many were missed",
    lastMs: NOW - 101 * MINUTE,
    want: ["event TooManyMissedTimes", made],
    wakeMs: soon,
  },
  {
    name: "lets the one before run on, where it may not run beside it",
    spec: { concurrencyPolicy: "Forbid" },
    lastMs: NOW - MINUTE,
    active: ["c-1"],
    jobs: [job("c-1", "Running")],
    want: ["event JobAlreadyActive"],
    wakeMs: soon,
  },
  {
    name: "replaces the one before",
    spec: { concurrencyPolicy: "Replace" },
    lastMs: NOW - MINUTE,
    active: ["c-1"],
    jobs: [job("c-1", "Running")],
    want: ["delete Job c-1", made],
    wakeMs: soon,
  },
  {
    name: "starts beside the one before",
    lastMs: NOW - MINUTE,
    active: ["c-1"],
    jobs: [job("c-1", "Running")],
    want: [made],
    wakeMs: soon,
  },
  {
    name: "does not count a Job that was made by hand",
    spec: { concurrencyPolicy: "Forbid" },
    jobs: [job("by-hand", "Running")],
    want: ["event UnexpectedJob", made],
    wakeMs: soon,
  },
  {
    name: "makes no second Job after it was killed between the Job and its status",
    jobs: [job(`c-${NOW_MINUTES}`, "Complete")],
    want: [],
    wakeMs: soon,
  },
  {
    name: "says that Jobs have ended or went missing",
    lastMs: NOW,
    active: ["c-1", "c-2", "c-3"],
    jobs: [job("c-1", "Complete"), job("c-2", "Failed")],
    want: ["event SawCompletedJob", "event SawCompletedJob", "event MissingJob"],
    wakeMs: soon,
  },
  {
    name: "removes the oldest beyond the limits",
    spec: { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 },
    lastMs: NOW,
    jobs: [
      job("young", "Complete", NOW - MINUTE),
      job("old", "Complete", NOW - 3 * MINUTE),
      job("broken", "Failed"),
    ],
    want: ["delete Job old", "delete Job broken"],
    wakeMs: soon,
  },
  {
    name: "says that the schedule cannot be read",
    spec: { schedule: "61 * * * *" },
    want: ["event UnparseableSchedule"],
    wakeMs: undefined,
  },
  {
    name: "says that the schedule has no times",
    spec: { schedule: "59 23 31 2 *" },
    want: ["event InvalidSchedule"],
    wakeMs: undefined,
  },
  {
    name: "says that there is no such time zone",
    spec: { timeZone: "Mars/Olympus" },
    want: ["event UnknownTimeZone"],
    wakeMs: undefined,
  },
  {
    name: "looks again within a day where the next time is far away",
    spec: { schedule: "0 0 1 6 *" },
    want: [],
    wakeMs: 24 * 60 * MINUTE,
  },
];

describe("planCronJob()", () => {
  test.each(cases)("$name", ({ want, wakeMs, ...sketch }) => {
    const { writes, wakeMs: wakes } = plan(sketch);
    expect(printWrites(writes)).toEqual([...want]);
    expect(wakes).toBe(wakeMs as number);
  });

  test("the Job has the template's metadata, its time in the zone, and its owner", () => {
    const { writes } = plan({ spec: { timeZone: "Asia/Kolkata" } });
    expect(writes).toMatchObject([
      {
        object: {
          metadata: {
            name: `c-${NOW_MINUTES}`,
            labels: { a: "b" },
            annotations: {
              "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T05:30:00+05:30",
            },
            ownerReferences: [{ kind: "CronJob", uid: "uid-c", controller: true }],
          },
        },
      },
    ]);
  });

  test("the status has the Jobs that run, the last start and the last success", () => {
    const started = job(`c-${NOW_MINUTES}`, "Running");
    const jobs = [job("c-1", "Running"), job("c-2", "Complete", NOW - 2 * MINUTE)];
    const sketch = { lastMs: NOW - MINUTE, active: ["c-1", "c-2"], jobs };
    const [write] = plan(sketch, [...jobs, started]).finish?.([]) ?? [];
    expect(write).toMatchObject({
      subresource: "status",
      object: {
        status: {
          active: [{ uid: "uid-c-1" }, { name: `c-${NOW_MINUTES}`, kind: "Job", namespace: "ns" }],
          lastScheduleTime: apiTime(NOW),
          lastSuccessfulTime: apiTime(NOW - 2 * MINUTE + 1000),
        },
      },
    });
  });

  test("a Job that was refused is tried again: its time does not count as started", () => {
    const made = plan({});
    const [write] = made.writes;
    if (write === undefined) throw new Error("nothing was planned");
    expect(made.finish?.([{ write, thrown: new Error("no"), message: "no" }])).toEqual([]);
  });
});

describe("missedTimes()", () => {
  const count = (text: string, sinceMs: number): unknown => {
    const schedule = parseCron(text);
    if (!schedule.ok) throw new Error(schedule.error);
    return missedTimes({ schedule: schedule.value, zone: utc, sinceMs, now: NOW });
  };
  // NOW is a Thursday, 00:00.
  test.each([
    ["0 * * * *", NOW - 30 * MINUTE, { latestMs: NOW, count: 1 }],
    ["0 * * * *", NOW, { count: 0 }],
    ["0 * * * *", NOW - 300 * MINUTE, { latestMs: NOW, count: 5 }],
    // Where the gaps differ much, the estimate may fall behind the last one: as upstream.
    ["30 6-16/4 * * 1-5", NOW - 3 * 1440 * MINUTE, { count: 17 }],
    ["@every 7m", NOW - 20 * MINUTE, { latestMs: NOW - 6 * MINUTE, count: 2 }],
    ["0 0 31 2 *", NOW, undefined],
  ])("%s since %p", (text, sinceMs, want) => {
    expect(count(text, sinceMs)).toEqual(want as object);
  });
});
