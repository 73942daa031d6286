import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** No file of text that a person writes is near this size. */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;

/** A file that is there and must not be read: no regular file, or too large. */
export class UnsuitableFileError extends Error {
  readonly code: "EISDIR" | "ENOTREG" | "EFBIG";

  constructor(code: UnsuitableFileError["code"], message: string) {
    super(message);
    this.name = "UnsuitableFileError";
    this.code = code;
  }
}

/** /dev/null (1:3) is as good as an empty file, and people use it as one. */
const NULL_DEVICE = 0x103;

/** Neither waits for a writer of a FIFO nor makes a terminal this program's. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file whose path somebody else has chosen. Rejects with the system's error, or with
 * UnsuitableFileError for a directory, FIFO, socket or device: what is read is what was looked at.
 */
export async function openUserFile(path: string): Promise<FileHandle> {
  const handle = await open(path, FLAGS);
  try {
    refuseSpecial(await handle.stat());
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** A stream of such a file, for files of any size; it closes the file at its end. */
export async function streamUserFile(
  path: string,
): Promise<NodeJS.ReadableStream & AsyncIterable<Buffer>> {
  const handle = await openUserFile(path);
  return handle.createReadStream({ highWaterMark: 1024 * 1024 });
}

/** The content of such a file, at most `maxBytes`. */
export async function readUserFile(path: string, maxBytes = MAX_TEXT_BYTES): Promise<Uint8Array> {
  await using handle = await openUserFile(path);
  const { size } = await handle.stat();
  refuseLarge(size, maxBytes);
  // No more than it had: it may grow while it is read.
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** The same as text; bytes that are no UTF-8 become U+FFFD. */
export async function readUserText(path: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  return new TextDecoder().decode(await readUserFile(path, maxBytes));
}

/** `readUserText` for code that cannot wait. */
export function readUserTextSync(path: string, maxBytes = MAX_TEXT_BYTES): string {
  const fd = openSync(path, FLAGS);
  try {
    const stats = fstatSync(fd);
    refuseSpecial(stats);
    refuseLarge(stats.size, maxBytes);
    const bytes = new Uint8Array(stats.size);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(fd, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

function refuseSpecial(stats: Stats): void {
  if (stats.isFile() || stats.rdev === NULL_DEVICE) return;
  if (stats.isDirectory()) throw new UnsuitableFileError("EISDIR", "it is a directory");
  const what = stats.isFIFO() ? "a FIFO" : stats.isSocket() ? "a socket" : "a device";
  throw new UnsuitableFileError("ENOTREG", `it is ${what}, and no regular file`);
}

function refuseLarge(size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  const message = `it has ${size} bytes, more than the ${maxBytes} that are read`;
  throw new UnsuitableFileError("EFBIG", message);
}
