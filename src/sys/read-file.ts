import { ERRNO } from "./constants.ts";
import { Fd } from "./fd.ts";
import { libc, syscall } from "./libc.ts";
import { scratch } from "./scratch.ts";
import { SyscallError } from "./syscall-error.ts";
import { waitReadable } from "./wait-readable.ts";

/** Enough for one read of all that a plugin reads: files of the kernel, locks, configurations. */
const FIRST_READ_BYTES = 16 * 1024;

const utf8 = new TextDecoder();

/** The content of a file as text; SyscallError where it cannot be read. */
export function readText(path: string): string {
  using file = Fd.open(path);
  return utf8.decode(readInto(scratch(), file.number, { action: `Cannot read "${path}"` }));
}

/**
 * Everything that an open descriptor gives until its end, or as soon as it is more than
 * `maxBytes`; `action` begins the error's message.
 */
export function readAll(fd: number, action: string, maxBytes?: number): Uint8Array {
  const options = maxBytes === undefined ? { action } : { action, maxBytes };
  return readInto(new Uint8Array(FIRST_READ_BYTES), fd, options);
}

/** As readAll, the beginning of `first`, or longer than that and in a buffer of its own. */
function readInto(
  first: Uint8Array,
  fd: number,
  {
    action,
    maxBytes = Number.MAX_SAFE_INTEGER,
  }: { readonly action: string; readonly maxBytes?: number },
): Uint8Array {
  let buffer = first;
  let length = 0;
  while (length <= maxBytes) {
    const count = readSome(fd, buffer.subarray(length), action);
    if (count === 0) break;
    // A descriptor that never blocks has none yet.
    if (count === undefined) waitReadable(fd, -1);
    else length += count;
    if (length === buffer.length) {
      const grown = new Uint8Array(buffer.length * 4);
      grown.set(buffer);
      buffer = grown;
    }
  }
  return buffer.subarray(0, length);
}

/** read(2): how many bytes came; 0 at the end, undefined where none are there yet (EAGAIN). */
export function readSome(fd: number, buffer: Uint8Array, action: string): number | undefined {
  try {
    return syscall("read", action, () => libc().read(fd, buffer, buffer.length));
  } catch (thrown) {
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.EAGAIN) return undefined;
    throw thrown;
  }
}
