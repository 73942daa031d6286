import { fstatSync, readSync } from "node:fs";
import { ERRNO, SyscallError, waitReadable } from "../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../errors.ts";

/** Far more than any configuration: with it, a GC can name a hundred thousand attachments. */
export const MAX_STDIN_BYTES = 16 * 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

/** Reads a descriptor to its end as text; CniError 6 for more than MAX_STDIN_BYTES. */
export function readStdin(fd: number): string {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSome(fd, chunk);
    if (count === undefined) {
      Bun.sleepSync(1);
      continue;
    }
    if (count === 0) return Buffer.concat(chunks).toString("utf8");
    total += count;
    if (total > MAX_STDIN_BYTES) {
      throw new CniError(
        CNI_ERROR.decodingFailure,
        `Cannot read the configuration: it has more than ${MAX_STDIN_BYTES} bytes`,
      );
    }
    chunks.push(chunk.subarray(0, count));
  }
}

/** How many bytes came; 0 at the end, undefined where a descriptor that never blocks has none yet. */
function readSome(fd: number, chunk: Uint8Array): number | undefined {
  try {
    return readSync(fd, chunk);
  } catch (thrown) {
    const error = SyscallError.wrap(thrown, "Cannot read standard input");
    if (error instanceof SyscallError && error.errno === ERRNO.EAGAIN) return undefined;
    throw error;
  }
}

/** How long a writer may take that has the other end open. */
const WAIT_MS = 200;

/**
 * What comes on a descriptor within a moment: for VERSION, which people call by hand and which the
 * reference answers without reading. A terminal, and a pipe that nobody writes to, give "".
 */
export function readWaitingStdin(fd: number): string {
  try {
    if (fstatSync(fd).isCharacterDevice()) return "";
    let text = "";
    while (text.length < CHUNK_BYTES && waitReadable(fd, WAIT_MS)) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = readSome(fd, chunk) ?? 0;
      if (count === 0) break;
      text += chunk.toString("utf8", 0, count);
      // A whole object is all there is to come, whether the writer closes the pipe or not.
      if (text.trimEnd().endsWith("}")) break;
    }
    return text;
  } catch {
    // The answer does not depend on it.
    return "";
  }
}
