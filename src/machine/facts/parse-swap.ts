import { decodeOctalEscapes } from "../../base/mod.ts";
import type { ActiveSwap, PersistentSwap } from "./node-facts.ts";

/** Parses /proc/swaps; sizes there are in KiB. */
export function parseSwaps(text: string): readonly ActiveSwap[] {
  const swaps: ActiveSwap[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [path, type, size, used] = line.split(/\s+/);
    if (path === undefined || type === undefined || size === undefined || used === undefined) {
      continue;
    }
    swaps.push({
      path: decodeOctalEscapes(path),
      type,
      sizeBytes: Number(size) * 1024,
      usedBytes: Number(used) * 1024,
    });
  }
  return swaps;
}

/** The swap lines of fstab(5) that take effect at boot (not those with `noauto`). */
export function parseFstabSwaps(text: string, file: string): readonly PersistentSwap[] {
  const swaps: PersistentSwap[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const [what, , type, options] = line.trim().split(/\s+/);
    if (what === undefined || what.startsWith("#") || type !== "swap") continue;
    if (options?.split(",").includes("noauto") === true) continue;
    swaps.push({ file, line: i + 1, what });
  }
  return swaps;
}
