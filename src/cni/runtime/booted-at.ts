import { readFileSync } from "node:fs";
import { NodewrightError } from "../../base/mod.ts";

/** When this machine was started, in milliseconds since the epoch, to the second: proc_stat(5). */
export function bootedAtMs(): number {
  const found = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"));
  if (found?.[1] === undefined) {
    throw new NodewrightError(
      "internal",
      'Cannot find the time of the boot: no btime in "/proc/stat"',
    );
  }
  return Number(found[1]) * 1000;
}
