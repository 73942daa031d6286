import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/base/mod.ts";
import { WITH_NETWORK, withNetwork } from "./network.ts";

const CACHE = join(tmpdir(), "nodewright-test-packages");

/**
 * The files of Debian packages, unpacked side by side into a folder that later runs find again.
 * Nothing is installed. Returns the folder.
 */
export function debianFiles(packages: readonly string[]): string {
  const root = join(CACHE, [...packages].sort().join("+"));
  if (existsSync(root)) return root;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, ".new-"));
  const tree = join(work, "tree");
  run([...WITH_NETWORK, "apt-get", "download", ...packages], work);
  for (const file of readdirSync(work).filter((name) => name.endsWith(".deb"))) {
    run(["dpkg", "-x", file, tree], work);
  }
  try {
    renameSync(tree, root);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(root)) throw error;
  }
  rmSync(work, { recursive: true, force: true });
  return root;
}

/** As debianFiles, of another suite than the machine's own. */
export async function suiteFiles(suite: string, packages: readonly string[]): Promise<string> {
  const root = join(CACHE, [suite, ...[...packages].sort()].join("+"));
  if (existsSync(root)) return root;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, ".new-"));
  // Here, because it needs npm packages, which a virtual machine for tests has not got.
  const { systemCommands } = await import("../../src/artifacts/mod.ts");
  const { AptArchive } = await import("../../src/artifacts/sources/apt.ts");
  const apt = new AptArchive({
    dir: join(CACHE, `apt-${suite}`),
    arch: process.arch === "arm64" ? "arm64" : "amd64",
    suite,
    env: process.env,
    commands: withNetwork(systemCommands),
    clock: systemClock,
  });
  const tree = join(work, "tree");
  for (const name of packages) {
    const offered = await apt.find([name]);
    if (offered === undefined) throw new Error(`Debian ${suite} has no package ${name}`);
    run(["dpkg", "-x", await apt.download(offered, work), tree], work);
  }
  renameSync(tree, root);
  rmSync(work, { recursive: true, force: true });
  return root;
}

function run(argv: string[], cwd: string): void {
  const child = Bun.spawnSync(argv, { cwd, stdout: "pipe", stderr: "pipe" });
  if (child.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${child.stderr.toString()}`);
}
