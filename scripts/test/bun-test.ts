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
  readonly form?: TestForm;
}

/** A form in which tests are run, other than in the order of their files on a usual host. */
export interface TestForm {
  /** The seed of a random order. */
  readonly orderSeed?: number;
  /** Each file twice in a row, on the same host. */
  readonly isTwice?: boolean;
  /** On a host of their own whose IPv6 is off. */
  readonly isIpv6Off?: boolean;
}

function wordsOf({ orderSeed, isTwice = false }: TestForm): readonly string[] {
  return [
    ...(orderSeed === undefined ? [] : ["--randomize", `--seed=${orderSeed}`]),
    ...(isTwice ? ["--rerun-each=2"] : []),
  ];
}

/** Runs test files in one bun process and counts from its JUnit report; a crash counts as a failure. */
export async function bunTest(
  paths: readonly string[],
  { timeoutMs, wrapper = [], env = {}, form = {} }: BunTestOptions,
): Promise<JobResult> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-test-"));
  const report = join(dir, "junit.xml");
  const ipv6 = form.isIpv6Off === true ? { NODEWRIGHT_TEST_IPV6: "off" } : {};
  try {
    const child = Bun.spawn(
      [
        ...wrapper,
        process.execPath,
        "test",
        `--timeout=${timeoutMs}`,
        ...wordsOf(form),
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...paths.map((path) => `./${path}`),
      ],
      {
        stdout: "inherit",
        stderr: "pipe",
        stdin: "ignore",
        env: { ...process.env, ...env, ...ipv6 },
      },
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
