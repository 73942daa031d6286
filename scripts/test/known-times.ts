import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileTime } from "./job.ts";

/** Seconds by test file, of some earlier run: only for the order and the size of jobs. */
const PATH = join(import.meta.dir, "times.json");
/** Files that take less need no line. */
const WORTH_SECONDS = 2;

/** What files took before. */
export class KnownTimes {
  readonly #seconds: ReadonlyMap<string, number>;

  constructor(path = PATH) {
    // cast: this program's own file
    const read = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
    this.#seconds = new Map(Object.entries(read));
  }

  /** Of a file that is new, `otherwise`. */
  secondsOf(path: string, otherwise: number): number {
    return this.#seconds.get(path) ?? otherwise;
  }

  /** Cuts files into at most `parts` batches that take about as long as each other. */
  batches(paths: readonly string[], parts: number, otherwise: number): readonly string[][] {
    const batches = Array.from({ length: parts }, () => ({ paths: [] as string[], seconds: 0 }));
    const of = (path: string): number => this.secondsOf(path, otherwise);
    for (const path of paths.toSorted((a, b) => of(b) - of(a))) {
      const least = batches.reduce((low, batch) => (batch.seconds < low.seconds ? batch : low));
      least.paths.push(path);
      least.seconds += of(path);
    }
    return batches.flatMap(({ paths: batch }) => (batch.length === 0 ? [] : [batch.sort()]));
  }
}

/** Writes what files have taken, for the next runs. */
export function recordTimes(files: readonly FileTime[], path = PATH): void {
  const known: Record<string, number> = {};
  for (const { path: file, seconds } of files) {
    if (seconds >= WORTH_SECONDS) known[file] = Math.round(seconds);
  }
  const sorted = Object.fromEntries(Object.entries(known).sort(([, a], [, b]) => b - a));
  writeFileSync(path, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
