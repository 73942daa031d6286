import { Fd } from "./fd.ts";
import { libc, syscall } from "./libc.ts";

/** Enough for one read of all that a plugin reads: files of the kernel, locks, configurations. */
const FIRST_READ_BYTES = 16 * 1024;

const utf8 = new TextDecoder();

/** The content of a file as text; SyscallError where it cannot be read. */
export function readText(path: string): string {
  using file = Fd.open(path);
  return utf8.decode(readAll(file.number, `Cannot read "${path}"`));
}

/** Everything that an open descriptor gives until its end; `action` begins the error's message. */
export function readAll(fd: number, action: string): Uint8Array {
  let buffer = new Uint8Array(FIRST_READ_BYTES);
  let length = 0;
  for (;;) {
    const rest = buffer.subarray(length);
    const count = syscall("read", action, () => libc().read(fd, rest, rest.length));
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length === buffer.length) {
      const grown = new Uint8Array(buffer.length * 4);
      grown.set(buffer);
      buffer = grown;
    }
  }
}
