import { ERRNO } from "./constants.ts";
import { cString, lastErrno, libc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** rename(2): what `to` led to is replaced at once. */
export function renameFile(from: string, to: string): void {
  const [source, target] = [cString(from), cString(to)];
  syscall("rename", `Cannot rename "${from}" to "${to}"`, () => libc().rename(source, target));
}

/** link(2): a second name of a file; false where the new name is taken. */
export function linkFile(path: string, newPath: string): boolean {
  if (libc().link(cString(path), cString(newPath)) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EEXIST) return false;
  throw new SyscallError("link", errno, `Cannot link "${path}" as "${newPath}"`);
}

/** unlink(2); false where there was no such file. */
export function removeFile(path: string): boolean {
  if (libc().unlink(cString(path)) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return false;
  throw new SyscallError("unlink", errno, `Cannot remove "${path}"`);
}

/** rmdir(2); false where there was no such directory, or something is in it. */
export function removeDirectory(path: string): boolean {
  if (libc().rmdir(cString(path)) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTEMPTY) return false;
  throw new SyscallError("rmdir", errno, `Cannot remove the directory "${path}"`);
}
