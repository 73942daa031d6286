import type { CLONE } from "./constants.ts";
import type { Fd } from "./fd.ts";
import { lastErrno, libc, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

type CloneFlag = (typeof CLONE)[keyof typeof CLONE];

/** setns(2): puts the calling thread (in Bun the only one that runs our code) into a namespace. */
export function setns(fd: Fd, kind: CloneFlag, action: string): void {
  if (libc().setns(fd.number, kind) !== 0) throw new SyscallError("setns", lastErrno(), action);
}

/** unshare(2): gives the calling thread new namespaces; kinds are ORed CLONE flags. */
export function unshare(kinds: number, action: string): void {
  if (moreOfLibc().unshare(kinds) !== 0) throw new SyscallError("unshare", lastErrno(), action);
}
