import type { Place } from "./option.ts";

/** The segments of a path as people write it: `[Service] Restart=always`, `ranges[0][0].subnet`. */
export function segmentsOf(text: string): readonly string[] {
  const plain = text
    .replace(/^\s*\[(\w+)\]\s*/, "$1.")
    .replace(/[=:].*$/, "")
    .replace(/\[\d*\]/g, "")
    .replace(/["'`]/g, "")
    .trim();
  const isPath = plain.includes("/");
  const segments = plain.split(isPath ? "/" : ".").map((one) => one.replace(/^--?/, ""));
  return segments.filter((segment) => segment !== "");
}

/** The ways to an option, each in segments: its path first, then its places in the file's versions. */
export function waysTo(path: string, places: readonly Place[]): readonly (readonly string[])[] {
  const paths = [path, ...places.map((place) => place.path)];
  // A file of the node is called by its name alone, too.
  if (path.startsWith("/")) paths.push(path.slice(path.lastIndexOf("/") + 1));
  return paths.map(segmentsOf);
}
