/** Mount points of /proc/self/mountinfo (proc(5)) at or below a directory, the deepest first. */
export function mountsBelow(mountinfo: string, directory: string): readonly string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => {
      const path = line.split(" ")[4];
      return path === undefined ? [] : [decodeOctal(path)];
    })
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .toSorted((a, b) => b.split("/").length - a.split("/").length || b.localeCompare(a));
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function decodeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
