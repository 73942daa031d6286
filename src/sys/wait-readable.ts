import { ERRNO, POLL } from "./constants.ts";
import { lastErrno, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * poll(2): true as soon as a read from the descriptor would not block (data, its end, or an
 * error), false after `timeoutMs` (-1: never). Blocks the whole program: for short programs alone.
 */
export function waitReadable(fd: number, timeoutMs: number): boolean {
  // struct pollfd: fd i32, events i16, revents i16
  const pollfd = new Int32Array([fd, POLL.IN]);
  const count = moreOfLibc().poll(pollfd, 1, timeoutMs);
  if (count >= 0) return count > 0;
  const errno = lastErrno();
  // A signal ended the wait early: nothing is there as yet.
  if (errno === ERRNO.EINTR) return false;
  throw new SyscallError("poll", errno, "Cannot wait for input");
}
