import type { JobCondition, JobStatus } from "kubernetes-types/batch/v1";
import { apiTime } from "../../../kube/client/mod.ts";
import { isReady, withCondition } from "../../model/mod.ts";
import { formatIndexes, isIndexed } from "./job-indexes.ts";
import { doneCount, type Progress } from "./job-progress.ts";
import { INTERIM, type Verdict } from "./job-verdict.ts";

/** What a Job's status says next. With a verdict what runs is told to end. */
export function nextJobStatus(progress: Progress, verdict: Verdict | undefined): JobStatus {
  const { job, active, counted, terminating, doneIndexes, failedIndexes, now } = progress;
  const { status = {}, spec } = job;
  const at = apiTime(now);
  const startTime = isSuspended(progress)
    ? undefined
    : (resumedAt(progress) ?? status.startTime ?? at);
  const running = verdict === undefined ? active : [];
  const conditions = nextConditions(progress, verdict);
  const done = doneCount(progress);
  const isComplete = verdict?.type === "Complete" && isOver(progress);
  const completed = isIndexed(job) ? formatIndexes(doneIndexes) : "";
  return {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(running.length === 0 ? {} : { active: running.length }),
    ready: running.filter(isReady).length,
    terminating: terminating.length + active.length - running.length,
    ...(done === 0 ? {} : { succeeded: done }),
    ...(counted.length === 0 ? {} : { failed: counted.length }),
    ...(completed === "" ? {} : { completedIndexes: completed }),
    ...(spec.backoffLimitPerIndex === undefined
      ? {}
      : { failedIndexes: formatIndexes(failedIndexes) }),
    ...(isComplete ? { completionTime: at } : {}),
    uncountedTerminatedPods: {},
  };
}

/** True where no pod is left that could still do anything. */
export function isOver({ active, terminating }: Progress): boolean {
  return active.length + terminating.length === 0;
}

function isSuspended({ job }: Progress): boolean {
  return job.spec.suspend === true;
}

/** A Job that goes on after it was suspended begins anew. */
export function resumedAt({ job, now }: Progress): string | undefined {
  const was = job.status?.conditions?.find(({ type }) => type === "Suspended")?.status === "True";
  return was && job.spec.suspend !== true ? apiTime(now) : undefined;
}

function nextConditions(progress: Progress, verdict: Verdict | undefined): JobCondition[] {
  const { job, now } = progress;
  const at = apiTime(now);
  const conditions = job.status?.conditions;
  const times = { lastProbeTime: at, lastTransitionTime: at };
  if (verdict !== undefined) {
    const said = isOver(progress) ? [INTERIM[verdict.type], verdict.type] : [INTERIM[verdict.type]];
    return said.reduce<JobCondition[]>(
      (all, type) => withCondition(all, { ...verdict, ...times, type, status: "True" }),
      [...(conditions ?? [])],
    );
  }
  if (isSuspended(progress)) {
    const suspended = { type: "Suspended", reason: "JobSuspended", message: "Job suspended" };
    return withCondition<JobCondition>(conditions, { ...suspended, ...times, status: "True" });
  }
  if (resumedAt(progress) === undefined) return [...(conditions ?? [])];
  const resumed = { type: "Suspended", reason: "JobResumed", message: "Job resumed" };
  return withCondition<JobCondition>(conditions, { ...resumed, ...times, status: "False" });
}
