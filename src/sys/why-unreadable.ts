import { lstat } from "node:fs/promises";
import { UnsuitableFileError } from "./read-user-file.ts";

/** Why a file that a user names cannot be read, in words, and what to do about it. */
export interface Unreadable {
  readonly what: string;
  readonly fix: string;
}

const DANGLING: Unreadable = {
  what: "its symbolic link leads nowhere",
  fix: "Point the link at a file, or remove it",
};
const WHY: Readonly<Record<string, Unreadable>> = {
  EACCES: { what: "no permission to read it", fix: "Let this user read the file" },
  EPERM: { what: "no permission to read it", fix: "Let this user read the file" },
  ELOOP: { what: "its symbolic links go in a circle", fix: "Point the link at a file" },
  EISDIR: { what: "it is a directory", fix: "Put a file in its place" },
  ENOTREG: { what: "it is no regular file", fix: "Put a file in its place" },
  EFBIG: { what: "it is too large", fix: "Put the right file there" },
  ENOTDIR: { what: "what should be its folder is none", fix: "Put a folder in its place" },
  ENOENT: { what: "no such file", fix: "Give the path of an existing file" },
  ENAMETOOLONG: { what: "its path is too long", fix: "Move the directory to a shorter path" },
};

/** Of an error of `readUserFile` and its like, or of its code. */
export function whyUnreadable(thrown: unknown): Unreadable {
  const code = codeOf(thrown);
  const known = WHY[code] ?? { what: code, fix: "See whether the disk is in order" };
  // It says what is there, and how large.
  return thrown instanceof UnsuitableFileError ? { ...known, what: thrown.message } : known;
}

/** The same for a file that may be absent: undefined where it is, and no link that leads nowhere. */
export async function whyUnreadableUnlessAbsent(
  thrown: unknown,
  path: string,
): Promise<Unreadable | undefined> {
  if (codeOf(thrown) !== "ENOENT") return whyUnreadable(thrown);
  // A name that leads nowhere is one that somebody meant to be there.
  const status = await lstat(path).catch(() => undefined);
  return status?.isSymbolicLink() === true ? DANGLING : undefined;
}

function codeOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
