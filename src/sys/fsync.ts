import { ERRNO } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, moreOfLibc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** fsync(2) on a directory: makes the names in it (created, renamed, removed) survive a power loss. */
export function fsyncDirectory(path: string): void {
  using directory = Fd.open(path);
  try {
    const action = `Cannot fsync the directory "${path}"`;
    syscall("fsync", action, () => moreOfLibc().fsync(directory.number));
  } catch (thrown) {
    // Some file systems (FUSE, older network ones) cannot sync a directory: nothing more can be done.
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.EINVAL) return;
    throw thrown;
  }
}

/** syncfs(2): writes out everything of the file system that holds `path`; one call for many files. */
export function syncFileSystem(path: string): void {
  using file = Fd.open(path);
  if (moreOfLibc().syncfs(file.number) !== 0) {
    throw new SyscallError("syncfs", lastErrno(), `Cannot sync the file system of "${path}"`);
  }
}
