import { ERRNO } from "./constants.ts";
import { Fd } from "./fd.ts";
import { cString, lastErrno, libc, syscall } from "./libc.ts";
import { scratch } from "./scratch.ts";
import { SyscallError } from "./syscall-error.ts";

/** struct linux_dirent64: inode u64, offset s64, length u16, type u8, then the name and its NUL. */
const DIRENT = { length: 16, name: 19 } as const;

const utf8 = new TextDecoder();

/** The names in a directory, without `.` and `..`, as the file system orders them. */
export function listDirectory(path: string): string[] {
  using directory = Fd.open(path);
  const buffer = scratch();
  const view = new DataView(buffer.buffer);
  const names: string[] = [];
  for (;;) {
    const count = syscall("getdents64", `Cannot list "${path}"`, () =>
      libc().getdents64(directory.number, buffer, buffer.length),
    );
    if (count === 0) return names;
    for (let at = 0; at < count; at += view.getUint16(at + DIRENT.length, true)) {
      const end = buffer.indexOf(0, at + DIRENT.name);
      const name = utf8.decode(buffer.subarray(at + DIRENT.name, end));
      if (name !== "." && name !== "..") names.push(name);
    }
  }
}

/** mkdir(2) of a directory and of all above it that are missing; one that is there is left alone. */
export function makeDirectory(path: string, mode = 0o755): void {
  let errno = mkdir(path, mode);
  if (errno === ERRNO.ENOENT) {
    const parent = parentOf(path);
    if (parent !== path) {
      makeDirectory(parent, mode);
      errno = mkdir(path, mode);
    }
  }
  if (errno === 0 || errno === ERRNO.EEXIST) return;
  throw new SyscallError("mkdir", errno, `Cannot create the directory "${path}"`);
}

function mkdir(path: string, mode: number): number {
  return libc().mkdir(cString(path), mode) === 0 ? 0 : lastErrno();
}

/** The directory that a path's last name is in, as dirname(1). */
export function parentOf(path: string): string {
  const trimmed = withoutSlashes(path);
  const slash = trimmed.lastIndexOf("/");
  if (slash === -1) return trimmed === "" && path !== "" ? "/" : ".";
  return withoutSlashes(trimmed.slice(0, slash)) || "/";
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}
