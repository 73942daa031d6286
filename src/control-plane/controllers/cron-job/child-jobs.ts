import { timeMs } from "../../../kube/client/mod.ts";
import type { CronJob, Job } from "../../../kube/types/mod.ts";

/** How a Job has ended; undefined while it goes on. */
export function finishOf({ status }: Job): "Complete" | "Failed" | undefined {
  const conditions = status?.conditions ?? [];
  return (["Complete", "Failed"] as const).find((wanted) =>
    conditions.some(({ type, status: is }) => type === wanted && is === "True"),
  );
}

export function isUnfinished(job: Job): boolean {
  return finishOf(job) === undefined;
}

/** The oldest of the Jobs that have ended, beyond the limits of each kind of end. */
export function surplusJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const ended = (how: "Complete" | "Failed", limit: number | undefined): readonly Job[] => {
    const all = jobs.filter((job) => finishOf(job) === how).sort(byStart);
    return limit === undefined ? [] : all.slice(0, Math.max(0, all.length - limit));
  };
  return [
    ...ended("Complete", spec.successfulJobsHistoryLimit),
    ...ended("Failed", spec.failedJobsHistoryLimit),
  ].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

function byStart(one: Job, other: Job): number {
  const [first, second] = [startOf(one), startOf(other)];
  if (first !== second) return first < second ? -1 : 1;
  return one.metadata.name < other.metadata.name ? -1 : 1;
}

/** A Job that has not started is the youngest. */
function startOf({ status }: Job): number {
  return status?.startTime === undefined ? Number.POSITIVE_INFINITY : timeMs(status.startTime);
}
