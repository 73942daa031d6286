import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { NodewrightError, type Problem } from "../../base/mod.ts";
import {
  readUserFile,
  type Unreadable,
  whyUnreadable,
  whyUnreadableUnlessAbsent,
} from "../../sys/mod.ts";

import { CLUSTER_FILES } from "./cluster.ts";

/** What reading a file gave: its text, that it is not there, or what is wrong with it. */
export type ReadText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Reads a UTF-8 file of the cluster directory; what is wrong with it is a value. `path` is relative to `dir`. */
export async function readText(dir: string, path: string): Promise<ReadText> {
  const fail = (code: string, what: string, fix: string): ReadText => ({
    kind: "problem",
    problem: {
      code,
      severity: "error",
      message: `Cannot read ${path}: ${what}`,
      locations: [{ file: path, line: 1, column: 1 }],
      fix,
    },
  });
  try {
    const bytes = await readUserFile(join(dir, path));
    return {
      kind: "text",
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    };
  } catch (thrown) {
    if (thrown instanceof TypeError) {
      return fail("wrong-encoding", "it is not UTF-8 text", "Save the file as UTF-8");
    }
    const code = errnoOf(thrown);
    if (code === "ENOTDIR") return { kind: "absent" };
    const why = await whyUnreadableUnlessAbsent(thrown, join(dir, path));
    if (why === undefined) return { kind: "absent" };
    const named = { EFBIG: "too-large", ENOENT: "dangling-link" }[code] ?? "unreadable";
    return fail(named, why.what, why.fix);
  }
}

/** A file of 0 bytes, which says nothing. */
export function emptyFile(path: string): Problem {
  const isInventory = path === CLUSTER_FILES.machines;
  return {
    code: "empty-file",
    severity: "error",
    message: `Cannot ${isInventory ? "find a machine in" : "use"} ${path}: it is empty (0 bytes)`,
    locations: [{ file: path, line: 1, column: 1 }],
    fix: isInventory
      ? "Add one line for each machine: IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]"
      : "Restore its contents, or remove it where the cluster can do without",
  };
}

const FOLDER: Readonly<Record<string, Unreadable>> = {
  ENOENT: {
    what: "its symbolic link leads nowhere",
    fix: "Point the link at a folder, or remove it",
  },
  ENOTDIR: { what: "it is not a folder", fix: "Put a folder in its place" },
};

/** A file or folder of the cluster directory that cannot be read, by the code of the error. */
export function unreadable(path: string, code: string): Problem {
  const { what, fix } = FOLDER[code] ?? whyUnreadable(code);
  return {
    code: "unreadable",
    severity: "error",
    message: `Cannot read ${path}: ${what}`,
    locations: [{ file: path, line: 1, column: 1 }],
    fix,
  };
}

/** The names in a folder of the cluster directory, sorted; empty where there is no such folder. Rejects with NodewrightError. */
export async function listFolder(dir: string, folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(dir, folder))).sort();
  } catch (thrown) {
    const code = errnoOf(thrown);
    const isAbsent = code === "ENOENT" && !(await isLink(join(dir, folder)));
    if (folder !== "" && isAbsent) return [];
    if (folder !== "" && code === "ENOTDIR" && folder.includes("/")) return [];
    throw new NodewrightError(
      "cluster-directory",
      `Cannot read the directory "${join(dir, folder)}": ${whyNoFolder(code)}`,
      {
        fix: "Give the cluster directory with -C DIR; make one with: nodewright init DIR",
        cause: thrown,
      },
    );
  }
}

/** A name that leads nowhere is one that somebody meant to be there. */
async function isLink(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isSymbolicLink() === true;
}

function whyNoFolder(code: string): string {
  if (code === "ENOENT") return "no such directory";
  return code;
}

function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
