import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { mountOf, parseMountInfo } from "../../sys/mod.ts";
import type { FileTree } from "./file-tree.ts";
import type { DiskFacts } from "./node-facts.ts";

/** The file systems that hold these paths, or would once they are created. */
export function readDisks(
  tree: FileTree,
  paths: readonly string[],
): Readonly<Record<string, DiskFacts>> {
  const mounts = parseMountInfo(tree.text("/proc/self/mountinfo") ?? "");
  const disks: Record<string, DiskFacts> = {};
  for (const path of paths) {
    const existing = nearestExisting(tree, path);
    const mount = mountOf(mounts, existing);
    const space = statfsSync(tree.resolve(existing));
    disks[path] = {
      mountPoint: mount?.mountPoint ?? "/",
      fsType: mount?.fsType ?? "unknown",
      isReadOnly: [mount?.options, mount?.superOptions].some((o) => o?.includes("ro") === true),
      isNoexec: mount?.options.includes("noexec") ?? false,
      totalBytes: space.blocks * space.bsize,
      availableBytes: space.bavail * space.bsize,
      totalInodes: space.files,
      availableInodes: space.ffree,
    };
  }
  return disks;
}

function nearestExisting(tree: FileTree, path: string): string {
  let at = path;
  while (at !== "/" && !tree.exists(at)) at = dirname(at);
  return at;
}
