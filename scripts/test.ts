/**
 * Every test: types, format, units, kernel, plugins, virtual machine, lab. Two jobs run at a time,
 * the longest first. Prints what each tier did, the slowest files and, alone on the last line, the
 * sum. A tier that ran nothing is a failure, and so is what a run leaves on its host.
 *
 * `npm test -- [TIER...] [PATH...]` runs only the named tiers, and of these only the test files
 * whose path begins with one of the PATHs: `npm test -- unit src/nft`.
 *
 * The kernel tier has other forms: `--ipv6-off` (a host without IPv6), `--random` (tests in an order by
 * the seed), `--twice` (each file twice in a row). With `--full` it runs as usual, and without IPv6 twice
 * in a row. The lab tier has `--random` too: its files in an order by the seed, which is printed. The tests
 * of one such file are the story of one lab and keep their order.
 */
import type { TestForm } from "./test/bun-test.ts";
import { hostState, leftovers, RUN_MARK } from "./test/host-state.ts";
import type { FileTime, JobResult } from "./test/job.ts";
import { KnownTimes, recordTimes } from "./test/known-times.ts";
import { runJobs } from "./test/run-jobs.ts";
import { testSeed } from "./test/seed.ts";
import { endTests, takeDownLabs } from "./test/take-down.ts";
import { build, EXECUTABLE, TIERS, type Tier } from "./test/tiers.ts";

/** Two, whatever the machine has: more labs at a time need more memory than a small machine has. */
const WORKERS = 2;
const SLOWEST = 10;
/** Tiers that run the executable. */
const NEED_BUILD = ["kernel", "plugins", "vm", "lab"];
const FORMS = ["--ipv6-off", "--random", "--twice"];
const FLAGS = ["--full", "--record-times", ...FORMS];

const asked = process.argv.slice(2);
const flags = asked.filter((word) => word.startsWith("--"));
const words = asked.filter((word) => !word.startsWith("--"));
const tierNames = words.filter((word) => TIERS.some(({ name }) => name === word));
const prefixes = words
  .filter((word) => !tierNames.includes(word))
  .map((word) => word.replace(/^\.\//, ""));
const isFull = flags.includes("--full") || process.env["NODEWRIGHT_TEST_FULL"] === "1";

const allFiles = [...new Bun.Glob("{src,test}/**/*.test.ts").scanSync(".")].sort();

function pathsOf({ files }: Tier): readonly string[] {
  if (files === undefined) return [];
  const mine = allFiles.filter(files);
  return prefixes.length === 0
    ? mine
    : mine.filter((path) => prefixes.some((prefix) => path.startsWith(prefix)));
}

/** Without a tier's name, paths choose the tiers that have such files. */
function isChosen(tier: Tier): boolean {
  if (tierNames.length > 0) return tierNames.includes(tier.name);
  return prefixes.length === 0 || pathsOf(tier).length > 0;
}

function formOf(chosen: readonly string[]): TestForm {
  return {
    ...(chosen.includes("--random") ? { orderSeed: seed } : {}),
    isTwice: chosen.includes("--twice"),
    isIpv6Off: chosen.includes("--ipv6-off"),
  };
}

function refuse(message: string, fix: string): never {
  console.error(`error: ${message}`);
  console.error(`  fix: ${fix}`);
  process.exit(2);
}

for (const flag of flags) {
  if (!FLAGS.includes(flag)) refuse(`Unknown option: ${flag}`, `Use one of ${FLAGS.join(", ")}`);
}
for (const prefix of prefixes) {
  if (!allFiles.some((path) => path.startsWith(prefix))) {
    const names = TIERS.map(({ name }) => name).join(", ");
    refuse(
      `No tier and no test file: ${prefix}`,
      `Name a tier (${names}) or a path such as src/nft`,
    );
  }
}

const chosen = TIERS.filter(isChosen);
const seed = testSeed(process.env);
const kernelForms = isFull ? [{}, formOf(["--ipv6-off", "--twice"])] : [formOf(flags)];
const labOrderSeed = flags.includes("--random") ? seed : undefined;
const mark = crypto.randomUUID();
const env = {
  [RUN_MARK]: mark,
  NODEWRIGHT_TEST_SEED: String(seed),
  ...(isFull ? { NODEWRIGHT_TEST_FULL: "1" } : {}),
  ...(chosen.some(({ name }) => NEED_BUILD.includes(name))
    ? { NODEWRIGHT_TEST_EXECUTABLE: EXECUTABLE }
    : {}),
};
// Children that are given no environment have this process's own.
Object.assign(process.env, env);
console.log(
  isFull ? `Everything is tried, seed ${seed}` : `Samples by seed ${seed} (NODEWRIGHT_TEST_SEED)`,
);

const started = performance.now();
const before = hostState(mark, true);
const results = new Map<string, JobResult>();
const files: FileTime[] = [];
const needsBuild = chosen.some(({ name }) => NEED_BUILD.includes(name));
if (needsBuild) results.set("build", await build());

// Ctrl-C is for everyone in the terminal's group: test processes die by it and leave their machines.
const interrupted = new AbortController();
let ending = Promise.resolve();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    console.error("\nInterrupted: taking down what the tests have brought up");
    ending = endTests(mark);
  });
}

const times = new KnownTimes();
const jobs = chosen.flatMap((tier) => {
  const paths = pathsOf(tier);
  return tier.jobs({ paths, times, env, kernelForms, labOrderSeed });
});
await runJobs(jobs, { workers: WORKERS, signal: interrupted.signal }, ({ tier }, result) => {
  files.push(...result.files);
  results.set(tier, sum(results.get(tier), result));
});

function sum(a: JobResult | undefined, b: JobResult): JobResult {
  if (a === undefined) return b;
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    files: [],
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  };
}

await ending;
await takeDownLabs(mark);
const left = await leftovers(before, () => hostState(mark, true));
for (const line of left) console.log(`left behind: ${line}`);

if (interrupted.signal.aborted) process.exit(130);

console.log("");
let passed = 0;
let failed = left.length > 0 ? 1 : 0;
for (const name of [...(needsBuild ? ["build"] : []), ...chosen.map((tier) => tier.name)]) {
  const result = results.get(name);
  const ranNothing = result === undefined || result.passed + result.failed === 0;
  const [good, bad] = ranNothing ? [0, 1] : [result.passed, result.failed];
  const skipped = result?.skipped ? `, ${result.skipped} skipped (each prints its reason)` : "";
  console.log(
    `${name.padEnd(8)}${String(good).padStart(6)} passed ${String(bad).padStart(3)} failed ` +
      `${(result?.cpuSeconds ?? 0).toFixed(0).padStart(6)} s of processor time` +
      `${skipped}${ranNothing ? ", ran nothing" : ""}`,
  );
  passed += good;
  failed += bad;
}
const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
console.log("\nThe slowest files:");
for (const { path, seconds } of slowest)
  console.log(`${seconds.toFixed(1).padStart(8)} s  ${path}`);
console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
if (flags.includes("--record-times")) recordTimes(files);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
