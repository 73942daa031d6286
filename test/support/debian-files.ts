import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
  run(["apt-get", "download", ...packages], work);
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

function run(argv: string[], cwd: string): void {
  const child = Bun.spawnSync(argv, { cwd, stdout: "pipe", stderr: "pipe" });
  if (child.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${child.stderr.toString()}`);
}
