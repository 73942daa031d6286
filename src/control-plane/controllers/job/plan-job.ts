import type { JobCondition, JobStatus } from "kubernetes-types/batch/v1";
import { apiTime, timeMs } from "../../../kube/client/mod.ts";
import { API, type Job, type Pod } from "../../../kube/types/mod.ts";
import {
  isActive,
  isReady,
  isTerminated,
  withCondition,
  withoutCondition,
} from "../../model/mod.ts";
import {
  claim,
  createWithEvents,
  deletePod,
  NOTHING,
  type Plan,
  statusWrite,
  type Write,
} from "../lib/mod.ts";
import { formatIndexes, indexOf, isIndexed, jobPod } from "./job-pod.ts";

export interface JobInput {
  readonly job: Job;
  /** All pods of the namespace. */
  readonly pods: readonly Pod[];
  readonly now: number;
}

/** A Job as its pods have it. */
interface Progress {
  readonly job: Job;
  readonly now: number;
  readonly active: readonly Pod[];
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
  readonly terminating: number;
}

/** The first delay after a pod has failed, doubled by each further one. */
const BACK_OFF = { firstMs: 10_000, maxMs: 600_000 } as const;
const DEFAULT_BACK_OFF_LIMIT = 6;

/** Starts the pods that a Job still needs, says when it is complete or has failed, and ends it. */
export function planJob({ job, pods, now }: JobInput): Plan {
  const owner = { type: API.jobs, owner: job, selector: job.spec.selector };
  const { claimed, writes } = claim(owner, API.pods, pods);
  const progress: Progress = {
    ...{ job, now, active: claimed.filter(isActive) },
    succeeded: claimed.filter(({ status }) => status?.phase === "Succeeded"),
    failed: claimed.filter(({ status }) => status?.phase === "Failed"),
    terminating: claimed.filter((pod) => !isActive(pod) && !isTerminated(pod)).length,
  };
  if (isFinished(job)) return cleanUp(progress);
  if (job.metadata.deletionTimestamp !== undefined) return NOTHING;
  const verdict = judge(progress);
  const changes = verdict === undefined ? nextPods(progress) : { writes: end(progress) };
  const events = verdict === undefined ? [] : [verdictEvent(progress, verdict)];
  return {
    writes: [...writes, ...changes.writes, ...events],
    finish: () => statusWrite(API.jobs, job, nextStatus(progress, verdict)),
    wakeMs: soonest(changes.wakeMs, deadlineMs(progress)),
  };
}

function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True",
  );
}

/** What the Job has come to. */
interface Verdict {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** The first of its ends that a Job has reached; undefined while it goes on. */
function judge(progress: Progress): Verdict | undefined {
  const { job, failed } = progress;
  const limit = job.spec.backoffLimit ?? DEFAULT_BACK_OFF_LIMIT;
  if ((deadlineMs(progress) ?? 1) <= 0) {
    const message = "Job was active longer than specified deadline";
    return { type: "Failed", reason: "DeadlineExceeded", message };
  }
  if (failed.length > limit) {
    const message = "Job has reached the specified backoff limit";
    return { type: "Failed", reason: "BackoffLimitExceeded", message };
  }
  if (!isDone(progress)) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", reason: "CompletionsReached", message };
}

/** Without `completions` the first success is that of the whole, once nothing runs any more. */
function isDone({ job, active, succeeded, terminating }: Progress): boolean {
  const { completions } = job.spec;
  if (completions === undefined) {
    return succeeded.length > 0 && active.length + terminating === 0;
  }
  return countOf(job, succeeded) >= completions;
}

/** Successes; of an indexed Job each index counts once. */
function countOf(job: Job, pods: readonly Pod[]): number {
  return isIndexed(job) ? new Set(pods.map(indexOf)).size : pods.length;
}

/** Milliseconds until activeDeadlineSeconds are over; undefined where there is no such bound. */
function deadlineMs({ job, now }: Progress): number | undefined {
  const { activeDeadlineSeconds: seconds, suspend } = job.spec;
  if (seconds === undefined || suspend === true) return undefined;
  const since = timeMs(job.status?.startTime) || now;
  return since + seconds * 1000 - now;
}

function nextPods(progress: Progress): { readonly writes: readonly Write[]; wakeMs?: number } {
  const { job, active, succeeded, now } = progress;
  const owner = { type: API.jobs, object: job };
  if (job.spec.suspend === true) return { writes: active.map((pod) => deletePod(owner, pod)) };
  const { completions, parallelism = 1 } = job.spec;
  const left =
    completions === undefined
      ? succeeded.length > 0
        ? active.length
        : parallelism
      : completions - countOf(job, succeeded);
  const wanted = Math.max(0, Math.min(parallelism, left));
  const surplus = active.length - wanted;
  if (surplus > 0) {
    const ranked = [...active].sort((one, other) => Number(isReady(one)) - Number(isReady(other)));
    return { writes: ranked.slice(0, surplus).map((pod) => deletePod(owner, pod)) };
  }
  const waitMs = backOffMs(progress) - now;
  if (surplus < 0 && waitMs > 0) return { writes: [], wakeMs: waitMs };
  const indexes = freeIndexes(progress, -surplus);
  return { writes: indexes.map((index) => createWithEvents(owner, jobPod(job, index))) };
}

/** When the next pod may start after the failures so far. */
function backOffMs({ failed }: Progress): number {
  if (failed.length === 0) return 0;
  const last = Math.max(...failed.map(endedMs));
  return last + Math.min(BACK_OFF.firstMs * 2 ** (failed.length - 1), BACK_OFF.maxMs);
}

function endedMs({ status, metadata }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) =>
    timeMs(state?.terminated?.finishedAt),
  );
  return Math.max(timeMs(metadata.creationTimestamp), ...ends);
}

/** The indexes of the pods to start, the lowest first; undefined ones where the Job has none. */
function freeIndexes(
  { job, active, succeeded }: Progress,
  count: number,
): readonly (number | undefined)[] {
  if (!isIndexed(job)) return Array.from({ length: count }, () => undefined);
  const taken = new Set([...active, ...succeeded].map(indexOf));
  const all = Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index);
  return all.filter((index) => !taken.has(index)).slice(0, count);
}

/** What still runs when a Job has ended goes with it. */
function end({ job, active }: Progress): readonly Write[] {
  return active.map((pod) => deletePod({ type: API.jobs, object: job }, pod));
}

function verdictEvent({ job }: Progress, { type, reason, message }: Verdict): Write {
  const about = { kind: API.jobs, about: job } as const;
  return {
    verb: "event",
    event:
      type === "Complete"
        ? { ...about, type: "Normal", reason: "Completed", message: "Job completed" }
        : { ...about, type: "Warning", reason, message },
  };
}

function nextStatus(progress: Progress, verdict: Verdict | undefined): JobStatus {
  const { job, active, succeeded, failed, terminating, now } = progress;
  const { status = {}, spec } = job;
  const at = apiTime(now);
  const isSuspended = spec.suspend === true;
  const startTime = isSuspended ? undefined : (status.startTime ?? at);
  const running = verdict === undefined ? active.length : 0;
  const conditions = nextConditions(progress, verdict);
  const indexes = isIndexed(job) ? formatIndexes(succeeded.map(indexOf)) : "";
  const next: JobStatus & { terminating?: number } = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(running === 0 ? {} : { active: running }),
    ready: active.filter(isReady).length,
    terminating: terminating + (verdict === undefined ? 0 : active.length),
    ...(succeeded.length === 0 ? {} : { succeeded: countOf(job, succeeded) }),
    ...(failed.length === 0 ? {} : { failed: failed.length }),
    ...(indexes === "" ? {} : { completedIndexes: indexes }),
    ...(verdict?.type === "Complete" ? { completionTime: at } : {}),
    uncountedTerminatedPods: {},
  };
  return next;
}

function nextConditions({ job, now }: Progress, verdict: Verdict | undefined): JobCondition[] {
  const at = apiTime(now);
  const { conditions } = job.status ?? {};
  const times = { lastProbeTime: at, lastTransitionTime: at };
  if (verdict !== undefined) {
    // Upstream says first what a Job will come to, and then that it has.
    const first = verdict.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
    return [first, verdict.type].reduce<JobCondition[]>(
      (all, type) => withCondition(all, { ...verdict, ...times, type, status: "True" }),
      [...(conditions ?? [])],
    );
  }
  if (job.spec.suspend === true) {
    const suspended = { type: "Suspended", reason: "JobSuspended", message: "Job suspended" };
    return withCondition<JobCondition>(conditions, { ...suspended, ...times, status: "True" });
  }
  return withoutCondition(conditions, "Suspended");
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
