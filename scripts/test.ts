/**
 * Every test, tier after tier: types, format, units, kernel, lab. Prints what each tier did and,
 * alone on the last line, the sum. A tier that ran nothing is a failure.
 *
 * `bun scripts/test.ts [TIER...]` runs only the named tiers.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TestProgress } from "./test/progress.ts";

interface TierResult {
  readonly passed: number;
  readonly failed: number;
  /** What is to be shown in the tier's turn. */
  readonly printed?: string;
}
interface Tier {
  readonly name: string;
  readonly what: string;
  readonly run: () => Promise<TierResult>;
  /** The tier that it is started with, to run beside it and what follows; what it did is told in its turn. */
  readonly besideFrom?: string;
}

const TIERS: readonly Tier[] = [
  { name: "types", what: "TypeScript, strict", run: () => command(["tsc", "--noEmit"]) },
  {
    name: "format",
    what: "Biome, warnings are errors",
    run: () => command(["biome", "check", "--error-on-warnings", "."]),
  },
  { name: "build", what: "dist/nodewright", run: () => command(["bun", "scripts/build.ts"]) },
  {
    name: "unit",
    what: "no privileges, no network",
    run: () =>
      bunTest(
        files((path) => path.startsWith("src/") && !isKernelTest(path)),
        20_000,
      ),
  },
  {
    name: "kernel",
    what: "root: namespaces, mounts, a private containerd",
    run: () =>
      bunTest(
        files((path) => path.startsWith("src/") && isKernelTest(path)),
        120_000,
        // Calls of plugins by the executable take half the time of calls from source.
        isChosen("build") ? { NODEWRIGHT_TEST_EXECUTABLE: resolve("dist/nodewright") } : {},
      ),
  },
  {
    name: "vm",
    what: "Debian's kernel under qemu: the kinds of links that this kernel may lack",
    run: () => counted(["bun", "scripts/test-vm.ts"]),
    // One processor emulates another one, for as long as the units and the kernel's tests take.
    besideFrom: "unit",
  },
  {
    name: "lab",
    what: "whole machines: systemd, sshd, containerd",
    run: () =>
      bunTest(
        files((path) => path.startsWith("test/")),
        900_000,
      ),
  },
];

const asked = process.argv.slice(2);

function isChosen(name: string): boolean {
  return asked.length === 0 || asked.includes(name);
}

function isKernelTest(path: string): boolean {
  return path.endsWith(".netns.test.ts");
}

function files(wanted: (path: string) => boolean): string[] {
  return [...new Bun.Glob("{src,test}/**/*.test.ts").scanSync(".")].filter(wanted).sort();
}

async function command(argv: string[]): Promise<TierResult> {
  const child = Bun.spawn(argv, { stdout: "inherit", stderr: "inherit", stdin: "ignore" });
  return (await child.exited) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A program that ends with `N passed, N failed`. */
async function counted(argv: string[]): Promise<TierResult> {
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit", stdin: "ignore" });
  const text = await new Response(child.stdout).text();
  const found = /^(\d+) passed, (\d+) failed$/m.exec(text);
  const [passed, failed] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 1)];
  const isBroken = (await child.exited) !== 0 && failed === 0;
  return { passed, failed: isBroken ? 1 : failed, printed: text };
}

/** Runs test files in one bun process and counts from its JUnit report; a crash counts as a failure. */
async function bunTest(
  paths: string[],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<TierResult> {
  if (paths.length === 0) return { passed: 0, failed: 0 };
  const dir = mkdtempSync(join(tmpdir(), "nodewright-test-"));
  const report = join(dir, "junit.xml");
  try {
    const child = Bun.spawn(
      [
        process.execPath,
        "test",
        `--timeout=${timeoutMs}`,
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...paths.map((path) => `./${path}`),
      ],
      {
        stdout: "inherit",
        stderr: "pipe",
        stdin: "ignore",
        env: { ...process.env, ...env },
      },
    );
    const progress = new TestProgress((text) => process.stderr.write(text));
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) progress.push(text);
    progress.end();
    const exitCode = await child.exited;
    const counts = readReport(report);
    return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readReport(path: string): TierResult {
  let xml = "";
  try {
    xml = readFileSync(path, "utf8");
  } catch {
    return { passed: 0, failed: 1 };
  }
  const head = /<testsuites [^>]*>/.exec(xml)?.[0] ?? "";
  const count = (name: string): number =>
    Number(new RegExp(`${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = count("failures");
  const skipped = count("skipped");
  if (skipped > 0) console.log(`  ${skipped} skipped (each prints its reason)`);
  return { passed: count("tests") - failed - skipped, failed };
}

const unknown = asked.filter((name) => !TIERS.some((tier) => tier.name === name));
if (unknown.length > 0) {
  console.error(`error: unknown tier: ${unknown.join(", ")}`);
  console.error(`  fix: one of ${TIERS.map((tier) => tier.name).join(", ")}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const lines: string[] = [];
const chosen = TIERS.filter(({ name }) => isChosen(name));
const running = new Map<Tier, ReturnType<typeof timed>>();

async function timed(tier: Tier): Promise<{ result: TierResult; seconds: string }> {
  const started = performance.now();
  const result = await tier.run();
  return { result, seconds: ((performance.now() - started) / 1000).toFixed(1) };
}

for (const tier of chosen) {
  for (const beside of chosen.filter(({ besideFrom }) => besideFrom === tier.name)) {
    running.set(beside, timed(beside));
  }
  console.log(`\n== ${tier.name}: ${tier.what}`);
  let { result, seconds } = await (running.get(tier) ?? timed(tier));
  if (result.printed !== undefined) process.stdout.write(result.printed);
  if (result.passed + result.failed === 0) {
    console.log(`${tier.name}: ran nothing`);
    result = { passed: 0, failed: 1 };
  }
  lines.push(
    `${tier.name.padEnd(7)} ${String(result.passed).padStart(5)} passed ${String(result.failed).padStart(3)} failed  ${seconds.padStart(6)} s`,
  );
  passed += result.passed;
  failed += result.failed;
}
console.log(`\n${lines.join("\n")}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
