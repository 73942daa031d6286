import {
  fchmodSync,
  fchownSync,
  fsyncSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Fd } from "./fd.ts";
import { fsyncDirectory } from "./fsync.ts";
import { SyscallError } from "./syscall-error.ts";

/** Who may read the new file. Permission bits default to 0o644, the owner to the caller. */
export interface AtomicWriteOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const MARK = ".nodewright-";
/** NAME_MAX of Linux is 255 bytes; the rest is for the mark and eight random characters. */
const LONGEST_KEPT_NAME = 200;

/** True for the name of a file that an interrupted atomicWriteFile left: `.NAME.nodewright-RANDOM`. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.nodewright-[0-9a-f]{8}$/.test(name);
}

function temporaryPath(path: string): string {
  const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const name = basename(path);
  const kept = Buffer.byteLength(name) > LONGEST_KEPT_NAME ? name.slice(0, 50) : name;
  return join(dirname(path), `.${kept}${MARK}${random}`);
}

/**
 * Puts a file in place as a whole or not at all: written beside its place, fsynced, renamed, the
 * directory fsynced. What was there (a symbolic link too) is replaced; the directory must exist.
 * On an error, and when `content` ends with one, nothing is left behind; after a crash a file
 * that isTemporaryName knows may be.
 */
export async function atomicWriteFile(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(content);
      // chown takes the setuid bits away, so the mode comes after it
      if (options.uid !== undefined || options.gid !== undefined) {
        await file.chown(options.uid ?? -1, options.gid ?? -1);
      }
      await file.chmod(options.mode ?? 0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(temporary, path);
  } catch (thrown) {
    removeQuietly(temporary);
    throw SyscallError.wrap(thrown, `Cannot write "${path}"`);
  }
  fsyncDirectory(dirname(path));
}

/** atomicWriteFile without an await: for the short-lived programs, small files only. */
export function atomicWriteFileSync(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void {
  const temporary = temporaryPath(path);
  try {
    using file = Fd.open(temporary, "wx", 0o600);
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(file.number, bytes, at);
    if (options.uid !== undefined || options.gid !== undefined) {
      fchownSync(file.number, options.uid ?? -1, options.gid ?? -1);
    }
    fchmodSync(file.number, options.mode ?? 0o644);
    fsyncSync(file.number);
    renameSync(temporary, path);
  } catch (thrown) {
    removeQuietly(temporary);
    throw SyscallError.wrap(thrown, `Cannot write "${path}"`);
  }
  fsyncDirectory(dirname(path));
}

/**
 * Removes what interrupted writes left in a directory and says which. Only for a caller that
 * holds the lock of everything that writes there: a write under way would lose its file.
 */
export function removeTemporaryFiles(directory: string): readonly string[] {
  const removed: string[] = [];
  for (const name of readdirSync(directory)) {
    if (!isTemporaryName(name)) continue;
    const path = join(directory, name);
    try {
      unlinkSync(path);
      removed.push(path);
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot remove "${path}"`);
    }
  }
  return removed;
}

function removeQuietly(path: string): void {
  // It may not exist yet; the error that led here is the one to report.
  try {
    unlinkSync(path);
  } catch {}
}
