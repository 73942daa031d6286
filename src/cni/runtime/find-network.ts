import { NodewrightError, nearest } from "../../base/mod.ts";
import type { ConfList } from "../conf/conf-list.ts";
import type { ConfDir, ConfFile } from "./conf-dir.ts";

/**
 * The file of the network with that name, as the reference library chooses it: the first
 * `.conflist` that has it, and only where none has, the first `.conf` or `.json`. Undefined where
 * there is none.
 */
export function findNetwork(
  dir: ConfDir,
  name: string,
): (ConfFile & { list: ConfList }) | undefined {
  for (const form of ["list", "single"] as const) {
    for (const file of dir.files) {
      const { list } = file;
      if (file.form === form && list?.name === name) return { ...file, list };
    }
  }
  return undefined;
}

/**
 * The file that container runtimes take for their pods when nobody names a network: the first one
 * by name, whatever its form. Undefined where the directory has none.
 */
export function defaultFile(dir: ConfDir): ConfFile | undefined {
  return dir.files[0];
}

/** As findNetwork; an error with the names that there are, and the malformed files, where none is. */
export function requireNetwork(dir: ConfDir, name: string): ConfFile & { list: ConfList } {
  const found = findNetwork(dir, name);
  if (found !== undefined) return found;
  const names = [...new Set(dir.files.flatMap(({ list }) => list?.name ?? []))];
  const malformed = dir.files.filter(({ list }) => list === undefined);
  const locations = malformed.flatMap((file) => file.problems.flatMap((one) => one.locations));
  throw new NodewrightError("cni-network", `Cannot find the network "${name}" in "${dir.path}"`, {
    locations,
    detail: whatIsThere(dir, names, malformed),
    fix: fixFor(dir, nearest(name, names), malformed),
  });
}

function whatIsThere(
  dir: ConfDir,
  names: readonly string[],
  malformed: readonly ConfFile[],
): string {
  if (!dir.exists) return "there is no such directory";
  const there =
    names.length === 0
      ? "no file there has a network"
      : `networks there: ${names.map((one) => `"${one}"`).join(", ")}`;
  const broken = malformed.flatMap((file) => file.problems.map((one) => one.message));
  return [there, ...broken].join("\n");
}

function fixFor(
  { exists }: ConfDir,
  near: string | undefined,
  malformed: readonly ConfFile[],
): string {
  if (near !== undefined) return `write "${near}"`;
  if (malformed.length > 0) return "Fix the files above: one of them may have the network";
  return exists
    ? "a network's name is the key \"name\" in its file, not the file's name"
    : "name the directory of the networks in NETCONFPATH, or with --conf-dir DIR";
}
