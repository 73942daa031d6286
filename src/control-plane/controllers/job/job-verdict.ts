import type { Job } from "../../../kube/types/mod.ts";
import { judgeFailure } from "./failure-policy.ts";
import { parseIndexes } from "./job-indexes.ts";
import { deadlineMs, doneCount, type Progress } from "./job-progress.ts";

/** What a Job has come to. */
export interface Verdict {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** What a Job will come to, said before its last pods are gone. */
export const INTERIM = { Complete: "SuccessCriteriaMet", Failed: "FailureTarget" } as const;

const DEFAULT_BACK_OFF_LIMIT = 6;

/** The first of its ends that a Job has reached; undefined while it goes on. */
export function judgeJob(progress: Progress): Verdict | undefined {
  return saidBefore(progress.job) ?? failure(progress) ?? success(progress);
}

/** What was said once is not judged again. */
function saidBefore({ status }: Job): Verdict | undefined {
  for (const type of ["Complete", "Failed"] as const) {
    const said = status?.conditions?.find(
      (condition) => condition.type === INTERIM[type] && condition.status === "True",
    );
    if (said !== undefined) {
      return { type, reason: said.reason ?? "", message: said.message ?? "" };
    }
  }
  return undefined;
}

function failure(progress: Progress): Verdict | undefined {
  const { job, failed, counted, failedIndexes } = progress;
  const { podFailurePolicy, maxFailedIndexes, completions = 0 } = job.spec;
  const policy = failed.map((pod) => judgeFailure(podFailurePolicy, pod).failsJob);
  const byPolicy = policy.find((why) => why !== undefined);
  if (byPolicy !== undefined) return fail("PodFailurePolicy", byPolicy);
  const limit = job.spec.backoffLimit ?? DEFAULT_BACK_OFF_LIMIT;
  if (counted.length > limit || hasRestartedTooOften(progress, limit)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if ((deadlineMs(progress) ?? 1) <= 0) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const why = "Job has exceeded the specified maximal number of failed indexes";
    return fail("MaxFailedIndexesExceeded", why);
  }
  const isThrough = failedIndexes.size + doneCount(progress) >= completions;
  if (failedIndexes.size > 0 && isThrough) return fail("FailedIndexes", "Job has failed indexes");
  return undefined;
}

function fail(reason: string, message: string): Verdict {
  return { type: "Failed", reason, message };
}

/** Containers that are started again in their pods count by their restarts. */
function hasRestartedTooOften({ job, active }: Progress, limit: number): boolean {
  if (job.spec.template.spec?.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of active) {
    const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    for (const { restartCount } of all) restarts += restartCount;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Without `completions` the first success is that of the whole, once nothing runs any more. */
function success(progress: Progress): Verdict | undefined {
  const { job, active, succeeded, terminating } = progress;
  const byPolicy = matchSuccessPolicy(progress);
  if (byPolicy !== undefined) {
    const message = `Matched rules at index ${byPolicy}`;
    return { type: "Complete", reason: "SuccessPolicy", message };
  }
  const { completions } = job.spec;
  const isDone =
    completions === undefined
      ? succeeded.length > 0 && active.length + terminating.length === 0
      : doneCount(progress) >= completions;
  if (!isDone) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", reason: "CompletionsReached", message };
}

/** The number of the first rule that is met. */
function matchSuccessPolicy({ job, doneIndexes }: Progress): number | undefined {
  const { successPolicy, completions = 0 } = job.spec;
  if (doneIndexes.size === 0) return undefined;
  const at = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const most = succeededCount ?? Number.POSITIVE_INFINITY;
    if (succeededIndexes === undefined) return doneIndexes.size >= most;
    const wanted = parseIndexes(succeededIndexes, completions);
    const met = [...wanted].filter((index) => doneIndexes.has(index)).length;
    return wanted.size > 0 && met >= Math.min(wanted.size, most);
  });
  return at === -1 ? undefined : at;
}
