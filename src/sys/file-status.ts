import { AT, ERRNO, S_IF, STATX } from "./constants.ts";
import { cString, lastErrno, libc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** What the kernel knows about a file. Two paths lead to one file where inode and device agree. */
export interface FileStatus {
  readonly inode: bigint;
  readonly device: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  /** How many names it has. */
  readonly links: number;
  readonly sizeBytes: number;
  /** Of the last change of the content, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** uapi linux/stat.h: struct statx, which is the same on every machine. */
const STATX_BYTES = 256;
const OFFSET = {
  links: 16,
  mode: 28,
  inode: 32,
  size: 40,
  mtime: 112,
  devMajor: 136,
  devMinor: 140,
} as const;

/** statx(2), symbolic links followed; undefined where there is no such file. */
export function fileStatus(path: string): FileStatus | undefined {
  const buffer = new Uint8Array(STATX_BYTES);
  if (libc().statx(AT.FDCWD, cString(path), 0, STATX.BASIC_STATS, buffer) !== 0) {
    const errno = lastErrno();
    if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return undefined;
    throw new SyscallError("statx", errno, `Cannot look at "${path}"`);
  }
  const view = new DataView(buffer.buffer);
  const kind = view.getUint16(OFFSET.mode, true) & S_IF.MT;
  return {
    inode: view.getBigUint64(OFFSET.inode, true),
    device: `${view.getUint32(OFFSET.devMajor, true)}:${view.getUint32(OFFSET.devMinor, true)}`,
    isFile: kind === S_IF.REG,
    isDirectory: kind === S_IF.DIR,
    links: view.getUint32(OFFSET.links, true),
    sizeBytes: Number(view.getBigUint64(OFFSET.size, true)),
    modifiedMs:
      Number(view.getBigInt64(OFFSET.mtime, true)) * 1000 +
      view.getUint32(OFFSET.mtime + 8, true) / 1e6,
  };
}
