import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchLine, median, timed } from "./measure.ts";

const RUNS = 30;

/** Start of `dist/nodewright --version` against a compiled program that only prints a word, in turns. */
export async function benchStart(): Promise<BenchLine> {
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
