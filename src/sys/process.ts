import { ERRNO, PR, SIGNAL, type SignalName } from "./constants.ts";
import { lastErrno, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** Sends a signal to every process of a group; false where the group has no process any more. */
export function killProcessGroup(groupId: number, signal: SignalName): boolean {
  // kill(0) and kill(-1) mean "my own group" and "everything": never what a caller here wants.
  if (!Number.isInteger(groupId) || groupId <= 1) {
    throw new RangeError(`Not a process group that may be killed: ${groupId}`);
  }
  if (moreOfLibc().kill(-groupId, SIGNAL[signal]) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.ESRCH) return false;
  throw new SyscallError("kill", errno, `Cannot signal the process group ${groupId}`);
}

/** prctl(PR_GET_SECCOMP): whether the kernel has seccomp at all. */
export function hasSeccomp(): boolean {
  return moreOfLibc().prctl(PR.GET_SECCOMP, 0n, 0n, 0n, 0n) >= 0;
}

/** getpid(2). */
export function processId(): number {
  return moreOfLibc().getpid();
}
