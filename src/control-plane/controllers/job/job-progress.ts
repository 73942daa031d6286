import { timeMs } from "../../../kube/client/mod.ts";
import type { Job, Pod } from "../../../kube/types/mod.ts";
import { isActive, isTerminated } from "../../model/mod.ts";
import { judgeFailure } from "./failure-policy.ts";
import {
  countAt,
  FAILURES,
  IGNORED_FAILURES,
  indexOf,
  isIndexed,
  parseIndexes,
} from "./job-indexes.ts";

/** A Job as its pods have it. */
export interface Progress {
  readonly job: Job;
  readonly now: number;
  readonly active: readonly Pod[];
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
  /** Those of the failed that count. */
  readonly counted: readonly Pod[];
  /** Pods that have been told to end and still run. */
  readonly terminating: readonly Pod[];
  /** Of an indexed Job: the indexes that are done, and those that are given up. */
  readonly doneIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
}

export function progressOf(job: Job, pods: readonly Pod[], now: number): Progress {
  const policy = job.spec.podFailurePolicy;
  const failed = pods.filter(({ status }) => status?.phase === "Failed");
  const succeeded = pods.filter(({ status }) => status?.phase === "Succeeded");
  const base = {
    ...{ job, now, failed, succeeded },
    active: pods.filter(isActive),
    counted: failed.filter((pod) => judgeFailure(policy, pod).isCounted),
    terminating: pods.filter((pod) => !isActive(pod) && !isTerminated(pod)),
  };
  if (!isIndexed(job)) return { ...base, doneIndexes: new Set(), failedIndexes: new Set() };
  const completions = job.spec.completions ?? 0;
  // What the status has stays done although its pod is gone.
  const doneIndexes = parseIndexes(job.status?.completedIndexes, completions);
  for (const index of succeeded.map(indexOf)) {
    if (index !== undefined && index < completions) doneIndexes.add(index);
  }
  return { ...base, doneIndexes, failedIndexes: failedIndexes(base, doneIndexes) };
}

function failedIndexes(
  { job, failed }: Pick<Progress, "job" | "failed">,
  done: ReadonlySet<number>,
): ReadonlySet<number> {
  const { backoffLimitPerIndex: limit, podFailurePolicy, completions = 0 } = job.spec;
  if (limit === undefined) return new Set();
  const indexes = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of failed) {
    const index = indexOf(pod);
    if (index === undefined || index >= completions || done.has(index)) continue;
    const { isCounted, failsIndex } = judgeFailure(podFailurePolicy, pod);
    if (failsIndex || (isCounted && countAt(pod, FAILURES) >= limit)) indexes.add(index);
  }
  return indexes;
}

/** How many completions there are. */
export function doneCount({ job, succeeded, doneIndexes }: Progress): number {
  return isIndexed(job) ? doneIndexes.size : succeeded.length;
}

/** The pod of an index that failed last: what the next one's counts begin with. */
export function lastFailure({ failed }: Progress, index: number): Pod | undefined {
  const all = failed.filter((pod) => indexOf(pod) === index);
  const tries = (pod: Pod): number => countAt(pod, FAILURES) + countAt(pod, IGNORED_FAILURES);
  return all.reduce<Pod | undefined>((last, pod) => {
    if (last === undefined || tries(pod) > tries(last)) return pod;
    return tries(pod) === tries(last) && endedMs(pod) > endedMs(last) ? pod : last;
  }, undefined);
}

/** When a pod has ended, as far as its containers say; else when it was made. */
export function endedMs({ status, metadata }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) =>
    timeMs(state?.terminated?.finishedAt),
  );
  return Math.max(timeMs(metadata.creationTimestamp), ...ends);
}

/** Milliseconds until activeDeadlineSeconds are over; undefined where there is no such bound. */
export function deadlineMs({ job, now }: Progress): number | undefined {
  const { activeDeadlineSeconds: seconds, suspend } = job.spec;
  if (seconds === undefined || suspend === true) return undefined;
  const since = timeMs(job.status?.startTime) || now;
  return since + seconds * 1000 - now;
}
