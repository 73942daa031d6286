/** What stands before a line of /etc/fstab that nodewright has put out of force. */
const MARK = "# off by nodewright: ";

/** The lines of an fstab(5) that turn on swap at boot: their first field. */
export function swapLines(fstab: string): readonly string[] {
  return fstab.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return isSwapLine(fields) ? [fields[0] ?? ""] : [];
  });
}

function isSwapLine(fields: readonly string[]): boolean {
  return !(fields[0] ?? "#").startsWith("#") && fields[2] === "swap";
}

/** Puts the swap lines out of force; everything else stays as it is. */
export function commentSwapLines(fstab: string): string {
  return fstab
    .split("\n")
    .map((line) => (isSwapLine(line.trim().split(/\s+/)) ? MARK + line : line))
    .join("\n");
}

/** Takes back what commentSwapLines did, whatever else was changed since. */
export function restoreSwapLines(fstab: string): string {
  return fstab
    .split("\n")
    .map((line) => (line.startsWith(MARK) ? line.slice(MARK.length) : line))
    .join("\n");
}
