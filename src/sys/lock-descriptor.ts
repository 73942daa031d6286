import { ERRNO, LOCK } from "./constants.ts";
import type { Fd } from "./fd.ts";
import { lastErrno, libc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * Takes an exclusive flock(2) on an open file, a network namespace too, and blocks the whole
 * program until it is free: for short programs alone. It ends when the descriptor is closed;
 * `action` begins the error's message.
 */
export function lockDescriptor(fd: Fd, action: string): void {
  while (libc().flock(fd.number, LOCK.EX) !== 0) {
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) throw new SyscallError("flock", errno, action);
  }
}
