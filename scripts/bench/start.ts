import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchLine, median, timed } from "./measure.ts";

const RUNS = 30;
const HELP_BOUND_MS = 30;
const CHECK_BOUND_MS = 150;

/** What a person waits for: the help, a check of a directory of two nodes; and the executable's size. */
export async function benchStarts(): Promise<BenchLine[]> {
  const [size, runtime] = ["dist/nodewright", process.execPath].map((path) => statSync(path).size);
  return [
    await benchStart(),
    await benchCommand("--help", ["--help"], HELP_BOUND_MS),
    await benchCheckCommand(),
    {
      what: "the executable on disk",
      ours: `${((size ?? 0) / 1e6).toFixed(0)} MB`,
      reference: `${((runtime ?? 0) / 1e6).toFixed(0)} MB (Bun itself)`,
      ratio: (size ?? 0) / (runtime ?? 1),
    },
  ];
}

async function benchCheckCommand(): Promise<BenchLine> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-bench-"));
  try {
    Bun.spawnSync(["dist/nodewright", "init", "-C", dir]);
    writeFileSync(
      join(dir, "machines.txt"),
      "10.0.0.11 node-0.kubernetes.local node-0 10.200.0.0/24\n10.0.0.12 node-1.kubernetes.local node-1 10.200.1.0/24\n",
    );
    return await benchCommand("check of two nodes' directory", ["check", dir], CHECK_BOUND_MS);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function benchCommand(
  what: string,
  words: readonly string[],
  boundMs: number,
): Promise<BenchLine> {
  const took: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    took.push(await timed(() => Bun.spawnSync(["dist/nodewright", ...words])));
  }
  const ms = median(took);
  return {
    what: `start: ${what}, median of ${RUNS}`,
    ours: `${ms.toFixed(1)} ms`,
    reference: `${boundMs} ms (bound)`,
    ratio: ms / boundMs,
    bound: 1,
  };
}

/** Start of `dist/nodewright --version` against a compiled program that only prints a word, in turns. */
async function benchStart(): Promise<BenchLine> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-bench-"));
  try {
    const source = join(dir, "hello.ts");
    await Bun.write(source, 'console.log("hello");\n');
    const hello = join(dir, "hello");
    const build = Bun.spawnSync([
      process.execPath,
      "build",
      "--compile",
      "--minify",
      "--bytecode",
      "--format=esm",
      source,
      "--outfile",
      hello,
    ]);
    if (build.exitCode !== 0) throw new Error(build.stderr.toString());
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      ours.push(await timed(() => Bun.spawnSync(["dist/nodewright", "--version"])));
      theirs.push(await timed(() => Bun.spawnSync([hello])));
    }
    return {
      what: `start: --version, median of ${RUNS}`,
      ours: `${median(ours).toFixed(1)} ms`,
      reference: `${median(theirs).toFixed(1)} ms (compiled hello world)`,
      ratio: median(ours) / median(theirs),
      bound: 3,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
