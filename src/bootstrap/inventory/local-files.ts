import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Problem, SourceLocation } from "../../base/mod.ts";

/** A file of the jumpbox that nodewright.yaml names. */
export interface LocalFile {
  /** `the archive of registry.k8s.io/pause:3.10`, `ssh.identityFile`. */
  readonly what: string;
  /** Absolute, or with a `~` that ssh expands. */
  readonly path: string;
  readonly location: SourceLocation;
  readonly fix: string;
}

/** Which of the files are not there, or are no files: what `plan` and `apply` would stop at. */
export async function checkLocalFiles(files: readonly LocalFile[]): Promise<readonly Problem[]> {
  const problems = await Promise.all(files.map(checkOne));
  return problems.flatMap((problem) => problem ?? []);
}

async function checkOne({ what, path, location, fix }: LocalFile): Promise<Problem | undefined> {
  const local = expandHome(path);
  if (local === undefined) return undefined;
  const why = await whyNot(local);
  if (why === undefined) return undefined;
  return {
    code: "missing-file",
    severity: "error",
    message: `Cannot find ${what}: ${path}${why === "" ? "" : `, ${why}`}`,
    locations: [location],
    fix,
  };
}

async function whyNot(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "which is a directory" : undefined;
  } catch {
    return "";
  }
}

/** Undefined where only ssh knows what the path is: `~user`, `%d`, `${HOME}`. */
function expandHome(path: string): string | undefined {
  if (/[%$]/.test(path)) return undefined;
  if (!path.startsWith("~")) return path;
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : undefined;
}
