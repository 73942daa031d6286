import type { AtomicWriteOptions } from "./atomic-write.ts";
import { O } from "./constants.ts";
import { parentOf } from "./directory.ts";
import { Fd } from "./fd.ts";
import { removeFile, renameFile } from "./file-names.ts";
import { fsyncDirectory } from "./fsync.ts";
import { moreOfLibc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";
import { temporaryPath } from "./temporary-files.ts";
import { writeAll } from "./write-file.ts";

/** chown(2): this half of the owner stays as it is. */
const UNCHANGED = 0xffff_ffff;

/** atomicWriteFile without an await: for the short-lived programs, small files only. */
export function atomicWriteFileSync(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void {
  const action = `Cannot write "${path}"`;
  const temporary = temporaryPath(path);
  try {
    using file = Fd.open(temporary, O.WRONLY | O.CREAT | O.EXCL, 0o600);
    writeAll(file.number, content, action);
    const { mode = 0o644, uid = UNCHANGED, gid = UNCHANGED } = options;
    if (uid !== UNCHANGED || gid !== UNCHANGED) {
      syscall("fchown", action, () => moreOfLibc().fchown(file.number, uid, gid));
    }
    syscall("fchmod", action, () => moreOfLibc().fchmod(file.number, mode));
    syscall("fsync", action, () => moreOfLibc().fsync(file.number));
    renameFile(temporary, path);
  } catch (thrown) {
    removeQuietly(temporary);
    if (!(thrown instanceof SyscallError)) throw thrown;
    throw new SyscallError(thrown.syscall, thrown.errno, action, thrown);
  }
  fsyncDirectory(parentOf(path));
}

function removeQuietly(path: string): void {
  // It may not exist yet; the error that led here is the one to report.
  try {
    removeFile(path);
  } catch {}
}
