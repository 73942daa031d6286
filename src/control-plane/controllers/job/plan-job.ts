import { timeMs } from "../../../kube/client/mod.ts";
import { API, type Job, type Pod } from "../../../kube/types/mod.ts";
import { isReady } from "../../model/mod.ts";
import {
  claim,
  createWithEvents,
  deletePod,
  NOTHING,
  type Plan,
  statusWrite,
  type Write,
} from "../lib/mod.ts";
import { indexOf, isIndexed } from "./job-indexes.ts";
import { jobPod } from "./job-pod.ts";
import {
  deadlineMs,
  doneCount,
  endedMs,
  lastFailure,
  type Progress,
  progressOf,
} from "./job-progress.ts";
import { isOver, nextJobStatus, resumedAt } from "./job-status.ts";
import { judgeJob, type Verdict } from "./job-verdict.ts";

export interface JobInput {
  readonly job: Job;
  /** All pods of the namespace. */
  readonly pods: readonly Pod[];
  readonly now: number;
}

/** The first delay after a pod has failed, doubled by each further one. */
const BACK_OFF = { firstMs: 10_000, maxMs: 600_000 } as const;
const CONTROLLER = "kubernetes.io/job-controller";

/** Starts the pods that a Job still needs, says when it is complete or has failed, and ends it. */
export function planJob({ job, pods, now }: JobInput): Plan {
  if ((job.spec.managedBy ?? CONTROLLER) !== CONTROLLER) return NOTHING;
  const owner = { type: API.jobs, owner: job, selector: job.spec.selector };
  const { claimed, writes } = claim(owner, API.pods, pods);
  const progress = progressOf(job, claimed, now);
  if (isFinished(job)) return cleanUp(progress);
  if (job.metadata.deletionTimestamp !== undefined) return NOTHING;
  const verdict = judgeJob(progress);
  const changes = verdict === undefined ? nextPods(progress) : { writes: end(progress) };
  return {
    writes: [...writes, ...changes.writes, ...events(progress, verdict)],
    finish: () => statusWrite(API.jobs, job, nextJobStatus(progress, verdict)),
    wakeMs: soonest(changes.wakeMs, deadlineMs(progress)),
  };
}

function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True",
  );
}

function nextPods(progress: Progress): { readonly writes: readonly Write[]; wakeMs?: number } {
  const { job, active, now } = progress;
  const owner = { type: API.jobs, object: job };
  if (job.spec.suspend === true) return { writes: active.map((pod) => deletePod(owner, pod)) };
  const surplus = active.length + held(progress).length - wanted(progress);
  if (surplus > 0) {
    const ranked = [...active].sort((one, other) => Number(isReady(one)) - Number(isReady(other)));
    return { writes: ranked.slice(0, surplus).map((pod) => deletePod(owner, pod)) };
  }
  if (!isIndexed(job)) {
    const waitMs = backOffEnd(progress.failed) - now;
    if (surplus < 0 && waitMs > 0) return { writes: [], wakeMs: waitMs };
    const make = () => createWithEvents(owner, jobPod(job, undefined));
    return { writes: Array.from({ length: -surplus }, make) };
  }
  return nextIndexes(progress, -surplus);
}

/** Terminating pods keep their places where only what has failed is replaced. */
function held({ job, terminating }: Progress): readonly Pod[] {
  return job.spec.podReplacementPolicy === "Failed" ? terminating : [];
}

/** How many pods are to run. */
function wanted(progress: Progress): number {
  const { job, active, succeeded, failedIndexes } = progress;
  const { completions, parallelism = 1 } = job.spec;
  if (completions !== undefined) {
    const left = completions - doneCount(progress) - failedIndexes.size;
    return Math.max(0, Math.min(parallelism, left));
  }
  return succeeded.length > 0 ? Math.min(parallelism, active.length) : parallelism;
}

/** Pods for the lowest free indexes, those that have failed when their back-off is over. */
function nextIndexes(
  progress: Progress,
  count: number,
): { readonly writes: readonly Write[]; wakeMs?: number } {
  const { job, active, doneIndexes, failedIndexes, failed, now } = progress;
  const owner = { type: API.jobs, object: job };
  const taken = new Set([...active, ...held(progress)].map(indexOf));
  const all = Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index);
  const free = all.filter(
    (index) => !taken.has(index) && !doneIndexes.has(index) && !failedIndexes.has(index),
  );
  const isEach = job.spec.backoffLimitPerIndex !== undefined;
  const waits = free.slice(0, Math.max(0, count)).map((index) => ({
    index,
    waitMs: backOffEnd(isEach ? failed.filter((pod) => indexOf(pod) === index) : failed) - now,
  }));
  const writes = waits
    .filter(({ waitMs }) => waitMs <= 0)
    .map(({ index }) =>
      createWithEvents(owner, jobPod(job, { index, before: lastFailure(progress, index) })),
    );
  const wakeMs = soonest(...waits.map(({ waitMs }) => waitMs));
  return wakeMs === undefined ? { writes } : { writes, wakeMs };
}

/** When the next pod may start after these failures. */
function backOffEnd(failed: readonly Pod[]): number {
  if (failed.length === 0) return 0;
  const last = Math.max(...failed.map(endedMs));
  return last + Math.min(BACK_OFF.firstMs * 2 ** (failed.length - 1), BACK_OFF.maxMs);
}

/** What still runs when a Job has ended goes with it. */
function end({ job, active }: Progress): readonly Write[] {
  return active.map((pod) => deletePod({ type: API.jobs, object: job }, pod));
}

function events(progress: Progress, verdict: Verdict | undefined): readonly Write[] {
  const { job } = progress;
  const say = (type: "Normal" | "Warning", reason: string, message: string): readonly Write[] => [
    { verb: "event", event: { kind: API.jobs, about: job, type, reason, message } },
  ];
  if (verdict !== undefined) {
    if (!isOver(progress)) return [];
    if (verdict.type === "Complete") return say("Normal", "Completed", "Job completed");
    return say("Warning", verdict.reason, verdict.message);
  }
  if (resumedAt(progress) !== undefined) return say("Normal", "Resumed", "Job resumed");
  const was = job.status?.conditions?.find(({ type }) => type === "Suspended")?.status === "True";
  const isNew = job.spec.suspend === true && !was;
  return isNew ? say("Normal", "Suspended", "Job suspended") : [];
}

/** A Job that has ended goes after ttlSecondsAfterFinished, where it says so. */
function cleanUp({ job, active, now }: Progress): Plan {
  const owner = { type: API.jobs, object: job };
  const writes: Write[] = active.map((pod) => deletePod(owner, pod));
  const { ttlSecondsAfterFinished: seconds } = job.spec;
  if (seconds === undefined || job.metadata.deletionTimestamp !== undefined) return { writes };
  const ended = (job.status?.conditions ?? [])
    .filter(({ type }) => type === "Complete" || type === "Failed")
    .map(({ lastTransitionTime }) => timeMs(lastTransitionTime));
  const waitMs = Math.max(0, ...ended) + seconds * 1000 - now;
  if (waitMs > 0) return { writes, wakeMs: waitMs };
  const options = { propagationPolicy: "Foreground" } as const;
  return { writes: [...writes, { verb: "delete", type: API.jobs, object: job, options }] };
}

function soonest(...waits: readonly (number | undefined)[]): number | undefined {
  const ahead = waits.filter((ms) => ms !== undefined && ms > 0);
  return ahead.length === 0 ? undefined : Math.min(...ahead.map(Number));
}
