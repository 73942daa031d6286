/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Milliseconds that an effect took. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** One line of the bench's table: what, ours, theirs, their ratio, and the bound it has to keep. */
export interface BenchLine {
  readonly what: string;
  readonly ours: string;
  readonly reference: string;
  /** Ours divided by the reference, or the measured value divided by its bound. */
  readonly ratio: number;
  /** Absent where there is none. */
  readonly bound?: number;
}

/** Prints the lines as a table; returns how many bounds were broken. */
export function printLines(lines: readonly BenchLine[]): number {
  const rows = [
    ["", "nodewright", "reference", "ratio", "at most", ""],
    ...lines.map((line) => [
      line.what,
      line.ours,
      line.reference,
      line.ratio.toFixed(2),
      line.bound?.toFixed(2) ?? "-",
      isKept(line) ? "ok" : "TOO SLOW",
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((i) =>
    Math.max(...rows.map((row) => (row[i] ?? "").length)),
  );
  for (const row of rows) {
    console.log(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    );
  }
  return lines.filter((line) => !isKept(line)).length;
}

function isKept({ ratio, bound = Number.POSITIVE_INFINITY }: BenchLine): boolean {
  return ratio <= bound;
}
