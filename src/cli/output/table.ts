/**
 * Columns as wide as their widest cell, with three spaces between; no space at the end of a line.
 * Where a line would be longer than `width`, each row is a block of lines: its first cell, then the
 * others below it, each behind the name of its column.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  const lines = all.map((row) => padded(row, widths));
  return lines.every((line) => line.length <= width) ? lines : blocks(header, rows);
}

function padded(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
    .join("")
    .trimEnd();
}

function blocks(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const names = Math.max(...header.slice(1).map((name) => name.length));
  return rows.flatMap(([first = "", ...others]) => [
    first,
    ...others.flatMap((cell, index) =>
      cell === "" ? [] : [`  ${(header[index + 1] ?? "").padEnd(names)}  ${cell}`],
    ),
  ]);
}
