import type { Job, JobResult } from "./job.ts";

/** Runs jobs in `workers` lanes, the longest first; calls `done` as each ends. After `signal` none begins. */
export async function runJobs(
  jobs: readonly Job[],
  { workers, signal }: { readonly workers: number; readonly signal: AbortSignal },
  done: (job: Job, result: JobResult) => void,
): Promise<void> {
  const queue = jobs.toSorted((a, b) => b.seconds - a.seconds);
  const lane = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined && !signal.aborted; job = queue.shift()) {
      done(job, await job.run());
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
}
