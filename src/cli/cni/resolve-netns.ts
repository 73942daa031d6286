import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { netnsPath } from "../../netns/mod.ts";

/**
 * The path of a network namespace that was given as a path, as a name of `ip netns` or as a
 * process's ID. A name that is all digits is one where such a namespace is there. Nothing has to
 * be at the path: DEL comes when the namespace may be gone.
 */
export function resolveNetns(text: string, cwd: string): string {
  if (text.includes("/")) return resolve(cwd, text);
  const named = text === "." || text === ".." || text === "" ? undefined : netnsPath(text);
  if (named === undefined) return resolve(cwd, text);
  return /^\d+$/.test(text) && !existsSync(named) ? `/proc/${text}/ns/net` : named;
}
