import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ERRNO, MNT, mount, processId, SyscallError, unmount } from "../../sys/mod.ts";
import { Absent, attempt, Untestable } from "./attempt.ts";
import type { ProbeResult } from "./probe-report.ts";

const PREFIX = ".nodewright-probe-";

/**
 * Tries an overlay on the file system that will hold the containers: copying up, writing, and a
 * deletion that hides the file below (which fails on XFS without ftype). In a mount namespace of
 * its own, so that the mount goes with the process; the directory is taken away at once.
 */
export function probeOverlay(directory: string): ProbeResult {
  return attempt({
    feature: "overlayfs",
    module: "overlay",
    run: () => {
      const parent = nearestExisting(directory);
      // These separate and escape in the options of overlayfs.
      if (/[,:\\]/.test(parent)) throw new Untestable(`not tried in ${parent}`);
      removeLeftovers(parent);
      const base = join(parent, `${PREFIX}${processId()}`);
      try {
        tryOverlay(base);
        return `an overlay was mounted in ${parent}`;
      } catch (thrown) {
        // overlayfs says EINVAL of a file system that it cannot lie upon (another overlay, ...).
        if (thrown instanceof SyscallError && thrown.errno === ERRNO.EINVAL) {
          throw new Absent(`${parent} cannot carry an overlay: ${thrown.code}`);
        }
        if (thrown instanceof Absent) throw thrown;
        throw SyscallError.wrap(thrown, `Cannot try an overlay in ${parent}`);
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    },
  });
}

function tryOverlay(base: string): void {
  const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => {
    const path = join(base, name);
    mkdirSync(path, { recursive: true });
    return path;
  });
  if (lower === undefined || upper === undefined || merged === undefined) return;
  for (const name of ["kept", "deleted"]) writeFileSync(join(lower, name), name);
  const data = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  mount({ source: "overlay", target: merged, type: "overlay", data });
  try {
    writeFileSync(join(merged, "kept"), "changed");
    unlinkSync(join(merged, "deleted"));
    if (readFileSync(join(lower, "kept"), "utf8") !== "kept") {
      throw new Absent("a write went through to the layer below");
    }
    if (readdirSync(merged).join() !== "kept") {
      throw new Absent("a deleted file is still listed (XFS made without ftype=1?)");
    }
  } finally {
    unmount(merged, MNT.DETACH);
  }
}

/** A probe that was killed has left its directory (not its mount). */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(PREFIX) || existsSync(`/proc/${name.slice(PREFIX.length)}`)) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function nearestExisting(directory: string): string {
  let at = directory;
  while (!existsSync(at)) at = dirname(at);
  return at;
}
