import { resolve } from "node:path";
import { type BunTestOptions, bunTest, type TestForm } from "./bun-test.ts";
import { cpuSecondsOf, type Job, type JobResult, single } from "./job.ts";
import type { KnownTimes } from "./known-times.ts";
import { shuffled } from "./shuffle.ts";

/** A kind of tests. */
export interface Tier {
  readonly name: string;
  readonly what: string;
  /** Its test files; a tier without them is one command. */
  readonly files?: (path: string) => boolean;
  readonly jobs: (context: TierContext) => readonly Job[];
}

/** What the tiers' jobs are made from. */
export interface TierContext {
  /** The tier's files that are to be run; none for a tier without files. */
  readonly paths: readonly string[];
  readonly times: KnownTimes;
  /** Environment of every test. */
  readonly env: Readonly<Record<string, string>>;
  /** The forms in which the kernel's tests are run, each in turn. */
  readonly kernelForms: readonly TestForm[];
  /** The seed of a random order of the lab's files; undefined: the longest first. */
  readonly labOrderSeed: number | undefined;
}

const isKernelTest = (path: string): boolean => path.endsWith(".netns.test.ts");
const isIn = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
/** Gives a command a host of its own, as a fresh one is. */
const FRESH_HOST = [process.execPath, "scripts/test/fresh-host.ts"];

/** All tiers, in the order of their report. The executable is built before any of them begins. */
export const TIERS: readonly Tier[] = [
  {
    name: "types",
    what: "TypeScript, strict",
    jobs: () => [command("types", ["tsc", "--noEmit"], 10)],
  },
  {
    name: "format",
    what: "Biome, warnings are errors",
    jobs: () => [command("format", ["biome", "check", "--error-on-warnings", "."], 5)],
  },
  {
    name: "unit",
    what: "no privileges, no network",
    files: (path) => isIn("src")(path) && !isKernelTest(path),
    // Files of one process share what they import.
    jobs: (context) => batched("unit", context, { parts: 3, timeoutMs: 60_000 }),
  },
  {
    name: "kernel",
    what: "root: namespaces, mounts, a private containerd",
    files: (path) => isIn("src")(path) && isKernelTest(path),
    jobs: (context) =>
      context.kernelForms.flatMap((form) =>
        batched("kernel", context, { parts: 6, timeoutMs: 120_000, wrapper: FRESH_HOST, form }),
      ),
  },
  {
    name: "plugins",
    what: "CNI plugins as executables: differences, faults, damaged input, many pods",
    files: isIn("test/cni"),
    jobs: (context) => eachFile("plugins", context, { timeoutMs: 900_000, wrapper: FRESH_HOST }),
  },
  {
    name: "vm",
    what: "Debian's kernel under qemu: the kinds of links that this kernel may lack",
    jobs: () => [{ tier: "vm", seconds: 900, run: () => counted(["bun", "scripts/test-vm.ts"]) }],
  },
  {
    name: "lab",
    what: "whole machines: systemd, sshd, containerd",
    files: (path) => isIn("test")(path) && !isIn("test/cni")(path),
    jobs: (context) =>
      inOrderOf(context.labOrderSeed, eachFile("lab", context, { timeoutMs: 900_000 })),
  },
];

interface Batching extends BunTestOptions {
  /** Into how many processes the files are divided. */
  readonly parts: number;
}

function batched(
  tier: string,
  { paths, times, env }: TierContext,
  { parts, ...options }: Batching,
): readonly Job[] {
  return times.batches(paths, parts, 1).map((batch) => ({
    tier,
    seconds: batch.reduce((sum, path) => sum + times.secondsOf(path, 1), 0),
    run: () => bunTest(batch, { ...options, env }),
  }));
}

/** A file that no run has timed yet is one of the first: it may be long. */
function eachFile(
  tier: string,
  { paths, times, env }: TierContext,
  options: BunTestOptions,
): readonly FileJob[] {
  return paths.map((path) => ({
    tier,
    path,
    seconds: times.secondsOf(path, 120),
    run: () => bunTest([path], { ...options, env }),
  }));
}

/** With a seed: files in an order by it, printed, so that one that fails in it can be run again. */
function inOrderOf(seed: number | undefined, jobs: readonly FileJob[]): readonly Job[] {
  if (seed === undefined) return jobs;
  const order = shuffled(jobs, seed);
  console.log(`The order of the lab's files, by the seed ${seed}:`);
  for (const { path } of order) console.log(`  ${path}`);
  // The longest job is the first to begin.
  return order.map((job, index) => ({ ...job, seconds: FIRST + order.length - index }));
}

/** Longer than any file takes. */
const FIRST = 10_000;

/** A job that is one test file. */
interface FileJob extends Job {
  readonly path: string;
}

function command(tier: string, argv: readonly string[], seconds: number): Job {
  return { tier, seconds, run: () => runCommand(argv) };
}

async function runCommand(argv: readonly string[]): Promise<JobResult> {
  const child = Bun.spawn([...argv], { stdout: "inherit", stderr: "inherit", stdin: "ignore" });
  return single((await child.exited) === 0, cpuSecondsOf(child));
}

/** A program that ends with `N passed, N failed`; what it printed comes when it has ended. */
async function counted(argv: readonly string[]): Promise<JobResult> {
  const child = Bun.spawn([...argv], { stdout: "pipe", stderr: "inherit", stdin: "ignore" });
  const text = await new Response(child.stdout).text();
  process.stderr.write(text);
  const found = /^(\d+) passed, (\d+) failed$/m.exec(text);
  const [passed, failed] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 1)];
  const isBroken = (await child.exited) !== 0 && failed === 0;
  return {
    passed,
    failed: isBroken ? 1 : failed,
    skipped: 0,
    files: [],
    cpuSeconds: cpuSecondsOf(child),
  };
}

/** Makes the executable that the tests run. */
export function build(): Promise<JobResult> {
  return runCommand([process.execPath, "scripts/build.ts"]);
}

/** Where it is. */
export const EXECUTABLE = resolve("dist/nodewright");
