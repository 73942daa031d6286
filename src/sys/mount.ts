import { cString, lastErrno, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** Arguments of mount(2); `flags` are ORed MS values, `data` the file system's own options. */
export interface MountOptions {
  readonly source: string;
  readonly target: string;
  readonly type?: string;
  readonly flags?: number;
  readonly data?: string;
}

/** mount(2). */
export function mount(options: MountOptions): void {
  const { source, target, type, flags = 0, data } = options;
  const result = moreOfLibc().mount(
    cString(source),
    cString(target),
    type === undefined ? null : cString(type),
    BigInt(flags),
    data === undefined ? null : cString(data),
  );
  if (result !== 0) throw new SyscallError("mount", lastErrno(), `Cannot mount "${target}"`);
}

/** umount2(2); `flags` are ORed MNT values. */
export function unmount(target: string, flags = 0): void {
  if (moreOfLibc().umount2(cString(target), flags) !== 0) {
    throw new SyscallError("umount2", lastErrno(), `Cannot unmount "${target}"`);
  }
}
