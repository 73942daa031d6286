import { readAll, readSome, waitReadable } from "../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../errors.ts";

/** Far more than any configuration: with it, a GC can name a hundred thousand attachments. */
export const MAX_STDIN_BYTES = 16 * 1024 * 1024;

const ACTION = "Cannot read standard input";

/** Reads a descriptor to its end as text; CniError 6 for more than MAX_STDIN_BYTES. */
export function readStdin(fd: number): string {
  const bytes = readAll(fd, ACTION, MAX_STDIN_BYTES);
  if (bytes.length <= MAX_STDIN_BYTES) return new TextDecoder().decode(bytes);
  throw new CniError(
    CNI_ERROR.decodingFailure,
    `Cannot read the configuration: it has more than ${MAX_STDIN_BYTES} bytes`,
  );
}

/** How long a writer may take that has the other end open. */
const WAIT_MS = 200;
const CHUNK_BYTES = 16 * 1024;

/**
 * What comes on a descriptor within a moment: for VERSION, which people call by hand and which the
 * reference answers without reading. A terminal, and a pipe that nobody writes to, give "".
 */
export function readWaitingStdin(fd: number): string {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let text = "";
  try {
    while (text.length < CHUNK_BYTES && waitReadable(fd, WAIT_MS)) {
      const count = readSome(fd, chunk, ACTION) ?? 0;
      if (count === 0) break;
      text += new TextDecoder().decode(chunk.subarray(0, count));
      // A whole object is all there is to come, whether the writer closes the pipe or not.
      if (text.trimEnd().endsWith("}")) break;
    }
  } catch {
    // The answer does not depend on it.
  }
  return text;
}
