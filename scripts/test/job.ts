/** How long a test file took. */
export interface FileTime {
  readonly path: string;
  readonly seconds: number;
}

/** What a job has done. */
export interface JobResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly files: readonly FileTime[];
  /** Processor time of the job and its children in seconds, as far as the kernel adds it up. */
  readonly cpuSeconds: number;
}

/** A part of a tier that one worker runs on its own. */
export interface Job {
  readonly tier: string;
  /** How long it takes by experience: the longest begin first. */
  readonly seconds: number;
  readonly run: () => Promise<JobResult>;
}

/** A job that does one thing: it passed or it failed. */
export function single(isPassed: boolean, cpuSeconds: number): JobResult {
  return {
    passed: isPassed ? 1 : 0,
    failed: isPassed ? 0 : 1,
    skipped: 0,
    files: [],
    cpuSeconds,
  };
}

/** The processor time of a child that has ended, with its own children that it waited for. */
export function cpuSecondsOf(child: Bun.Subprocess): number {
  return Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6;
}
