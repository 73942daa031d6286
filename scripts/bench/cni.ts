/**
 * Our CNI plugins, by their client and server, against the reference plugins: Debian's, or those of the
 * directory that NODEWRIGHT_BENCH_CNI names. Everything happens in a network and mount namespace of its
 * own process, so that nothing can be left of it, however it ends; only the directory on disk is
 * removed here.
 */
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PROGRAM_NAME } from "../../src/cni/client/mod.ts";
import { debianFiles } from "../../test/support/debian-files.ts";
import { compileExecutable } from "../build/compile-executable.ts";
import type { BenchLine } from "./measure.ts";

/** Beside the executable: plugins are hard links to it, and address files lie on a disk as on a node. */
const PARENT = "dist";

/** All rows of the comparison; lines of progress go to standard error. */
export async function benchCni(): Promise<BenchLine[]> {
  const reference =
    process.env["NODEWRIGHT_BENCH_CNI"] ??
    join(debianFiles(["containernetworking-plugins"]), "usr/lib/cni");
  const directory = resolve(mkdtempSync(join(PARENT, ".bench-cni-")));
  try {
    const installed = Bun.spawnSync(["dist/nodewright", "cni", "install", directory]);
    if (installed.exitCode !== 0) throw new Error("Cannot install the plugins");
    // Called by a name that is no plugin's, it would be the command line: a directory of its own.
    mkdirSync(join(directory, "whole"));
    linkSync(join(directory, PROGRAM_NAME), join(directory, "whole/loopback"));
    await buildEmpty(directory);
    return JSON.parse(await runInside([directory, reference]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The floor of every call: a program of the same runtime, compiled the same way, that ends at once. */
async function buildEmpty(directory: string): Promise<void> {
  const source = join(directory, "empty.ts");
  writeFileSync(source, "process.exit(0);\n");
  await compileExecutable(join(directory, "empty"), { entrypoint: source });
}

/** Runs the measuring process, ends it where this one is to end, and gives what it printed. */
async function runInside(args: readonly string[]): Promise<string> {
  const script = resolve(import.meta.dir, "cni/main.ts");
  const isolated = ["unshare", "--net", "--mount", "--propagation", "private"];
  const child = Bun.spawn([...isolated, process.execPath, script, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const end = (): void => child.kill("SIGKILL");
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    const [stdout, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    if (exitCode !== 0) throw new Error(`The measuring process ended with ${exitCode}`);
    return stdout;
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
