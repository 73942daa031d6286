import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSecondsOf, type JobResult } from "./job.ts";
import { parseJunit } from "./junit.ts";
import { TestProgress } from "./progress.ts";

/** How test files are run. */
export interface BunTestOptions {
  /** Of one test, in milliseconds. */
  readonly timeoutMs: number;
  /** Words before `bun test`: a program that gives it a host of its own. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs test files in one bun process and counts from its JUnit report; a crash counts as a failure. */
export async function bunTest(
  paths: readonly string[],
  { timeoutMs, wrapper = [], env = {} }: BunTestOptions,
): Promise<JobResult> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-test-"));
  const report = join(dir, "junit.xml");
  try {
    const child = Bun.spawn(
      [
        ...wrapper,
        process.execPath,
        "test",
        `--timeout=${timeoutMs}`,
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...paths.map((path) => `./${path}`),
      ],
      { stdout: "inherit", stderr: "pipe", stdin: "ignore", env: { ...process.env, ...env } },
    );
    const progress = new TestProgress((text) => process.stderr.write(text));
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) progress.push(text);
    progress.end();
    const exitCode = await child.exited;
    const counts = parseJunit(readText(report)) ?? { passed: 0, failed: 1, skipped: 0, files: [] };
    const isBroken = exitCode !== 0 && counts.failed === 0;
    return { ...counts, failed: isBroken ? 1 : counts.failed, cpuSeconds: cpuSecondsOf(child) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
