import { renameSync, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { parentOf } from "./directory.ts";
import { fsyncDirectory } from "./fsync.ts";
import { SyscallError } from "./syscall-error.ts";
import { temporaryPath } from "./temporary-files.ts";

/** Who may read the new file. Permission bits default to 0o644, the owner to the caller. */
export interface AtomicWriteOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
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
  fsyncDirectory(parentOf(path));
}

function removeQuietly(path: string): void {
  // It may not exist yet; the error that led here is the one to report.
  try {
    unlinkSync(path);
  } catch {}
}
