import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { atomicWriteFileSync, fsyncDirectory, SyscallError } from "../../sys/mod.ts";
import { CLIENT_NAME, PROGRAM_NAME } from "../client/client-beside.ts";
import { hasSameContent } from "./same-content.ts";

/** What became of each name in a directory of plugins. */
export interface InstallReport {
  readonly dir: string;
  readonly names: readonly { readonly name: string; readonly outcome: InstallOutcome }[];
}

/** `foreign`: somebody else's file has the name, and was left there. */
export type InstallOutcome = "installed" | "replaced" | "unchanged" | "foreign" | "removed";

/** What to put where. */
export interface InstallOptions {
  readonly dir: string;
  /** The executable. */
  readonly self: string;
  readonly names: readonly string[];
  /**
   * The small program that has the names, and hands calls to the CNI server or executes the
   * executable beside it; without it, the executable has them itself.
   */
  readonly client?: Uint8Array;
  /** Replace somebody else's files as well. */
  readonly replace?: boolean;
}

/** A name for the inode that is ours in the directory, so that an older one is known again. */
const MARK = PROGRAM_NAME;
const NEW_MARK = `${MARK}.new`;
const NEW_CLIENT = `${NEW_MARK}.client`;

/**
 * Puts the executable under the name of each plugin into a directory: one copy, and hard links to
 * it, or to the client beside it. Never links to the executable itself: `cp new nodewright` writes into that file, and every
 * link would become the new version half written. Each name changes at once, by a rename; an
 * interrupted call is completed by the next. Files of others stay unless `replace` says otherwise.
 */
export function installPlugins(options: InstallOptions): InstallReport {
  const { dir, self, names, client, replace = false } = options;
  return action(`Cannot install plugins into "${dir}"`, () => {
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    const ours = ownInodes(dir, self);
    placeExecutable(dir, self);
    if (client !== undefined) placeClient(dir, client);
    // No client before what it executes.
    if (!existsSync(join(dir, MARK))) linkSync(join(dir, NEW_MARK), join(dir, MARK));
    const from = client === undefined ? NEW_MARK : NEW_CLIENT;
    const target = statSync(join(dir, from));
    const outcomes = names.map((name) => {
      const present = lstatSync(join(dir, name), { throwIfNoEntry: false });
      const outcome = outcomeOf(present, { target, ours, replace });
      if (outcome === "installed" || outcome === "replaced") placeLink(dir, { from, name });
      return { name, outcome };
    });
    putInPlace(dir, NEW_MARK, MARK);
    if (client === undefined) removeIfThere(join(dir, CLIENT_NAME));
    else putInPlace(dir, NEW_CLIENT, CLIENT_NAME);
    fsyncDirectory(dir);
    return { dir, names: outcomes };
  });
}

/** Takes away what installPlugins has put into a directory, of this executable or an older one. */
export function removePlugins({ dir, self }: Omit<InstallOptions, "names">): InstallReport {
  return action(`Cannot remove plugins from "${dir}"`, () => {
    if (statSync(dir, { throwIfNoEntry: false }) === undefined) {
      return { dir, names: [] };
    }
    const ours = ownInodes(dir, self);
    const names = readdirSync(dir)
      .filter((name) => !name.startsWith(MARK))
      .filter((name) => isOurs(lstatSync(join(dir, name), { throwIfNoEntry: false }), ours))
      .sort();
    for (const name of names) removeIfThere(join(dir, name));
    // The marks last: without them an interrupted call would not know its own again.
    for (const name of readdirSync(dir)) {
      const isMark = name === MARK || name === CLIENT_NAME || name.startsWith(NEW_MARK);
      if (isMark) removeIfThere(join(dir, name));
    }
    fsyncDirectory(dir);
    return { dir, names: names.map((name) => ({ name, outcome: "removed" })) };
  });
}

interface Situation {
  readonly target: Stats;
  readonly ours: ReadonlySet<string>;
  readonly replace: boolean;
}

function outcomeOf(present: Stats | undefined, situation: Situation): InstallOutcome {
  if (present === undefined) return "installed";
  if (identity(present) === identity(situation.target)) return "unchanged";
  if (isOurs(present, situation.ours)) return "replaced";
  return situation.replace && !present.isDirectory() ? "replaced" : "foreign";
}

/** The inodes that are ours: this executable, and what the marks of earlier calls lead to. */
function ownInodes(dir: string, self: string): ReadonlySet<string> {
  const marks = [MARK, NEW_MARK, CLIENT_NAME, NEW_CLIENT];
  const paths = [self, ...marks.map((mark) => join(dir, mark))];
  const found = paths.flatMap((path) => statSync(path, { throwIfNoEntry: false }) ?? []);
  return new Set(found.map(identity));
}

function isOurs(status: Stats | undefined, ours: ReadonlySet<string>): boolean {
  return status?.isFile() === true && ours.has(identity(status));
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Makes NEW_MARK the executable: the copy that is there where it has the same content, or a new one. */
function placeExecutable(dir: string, self: string): void {
  const mark = join(dir, NEW_MARK);
  const present = join(dir, MARK);
  removeIfThere(mark);
  // A link to the executable itself, as earlier versions made it, is replaced by a copy.
  const isLink = isSameFile(present, self);
  if (!isLink && hasSameContent(present, self)) linkSync(present, mark);
  else copyDurably(self, mark);
}

/** Makes NEW_CLIENT the client: the one that is there where it has the same content, or a new one. */
function placeClient(dir: string, client: Uint8Array): void {
  const mark = join(dir, NEW_CLIENT);
  const present = join(dir, CLIENT_NAME);
  removeIfThere(mark);
  const bytes = statSync(present, { throwIfNoEntry: false })?.isFile() && readFileSync(present);
  if (bytes && Buffer.compare(bytes, client) === 0) linkSync(present, mark);
  else atomicWriteFileSync(mark, client, { mode: 0o755 });
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && identity(a) === identity(b);
}

/** Under the mark's own name at once: a part of a copy is never linked, since the next call makes a new one. */
function copyDurably(from: string, to: string): void {
  // Where the file system can share blocks, the copy takes no room.
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(to, 0o755);
  const fd = openSync(to, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Gives a file one more name, in place of whatever has it. */
function placeLink(dir: string, { from, name }: { readonly from: string; readonly name: string }) {
  const temporary = join(dir, `${NEW_MARK}-${name}`);
  removeIfThere(temporary);
  linkSync(join(dir, from), temporary);
  renameSync(temporary, join(dir, name));
}

function putInPlace(dir: string, from: string, to: string): void {
  renameSync(join(dir, from), join(dir, to));
  // rename(2) of two names of one inode does nothing, and leaves both.
  removeIfThere(join(dir, from));
}

function removeIfThere(path: string): void {
  rmSync(path, { force: true });
}

function action<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (thrown) {
    throw SyscallError.wrap(thrown, what);
  }
}
