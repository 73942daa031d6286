import { decodeOctalEscapes } from "../../base/mod.ts";
/** Mount points of /proc/self/mountinfo (proc(5)) at or below a directory, the deepest first. */
export function mountsBelow(mountinfo: string, directory: string): readonly string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => {
      const path = line.split(" ")[4];
      return path === undefined ? [] : [decodeOctalEscapes(path)];
    })
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .toSorted((a, b) => b.split("/").length - a.split("/").length || b.localeCompare(a));
}
