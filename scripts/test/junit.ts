import type { FileTime } from "./job.ts";

/** What a JUnit report of bun counts. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly files: readonly FileTime[];
}

/** Reads the sums of a report and the time of each file; undefined where it is no report. */
export function parseJunit(xml: string): Counts | undefined {
  const head = /<testsuites [^>]*>/.exec(xml)?.[0];
  if (head === undefined) return undefined;
  const failed = number(head, "failures");
  const skipped = number(head, "skipped");
  const passed = number(head, "tests") - failed - skipped;
  const files = new Map<string, number>();
  // A file's suite holds those of its describe blocks, which name the same file.
  for (const [suite] of xml.matchAll(/<testsuite [^>]*>/g)) {
    const path = text(suite, "file");
    if (path !== "" && text(suite, "name") === path) {
      files.set(path, (files.get(path) ?? 0) + number(suite, "time"));
    }
  }
  return {
    passed,
    failed,
    skipped,
    files: [...files].map(([path, seconds]) => ({ path, seconds })),
  };
}

function text(tag: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
}

function number(tag: string, name: string): number {
  return Number(text(tag, name));
}
