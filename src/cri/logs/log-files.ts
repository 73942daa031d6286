import { type FileHandle, open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * The files that a log was rotated into, oldest first: the kubelet renames `0.log` to
 * `0.log.20261123-101112` and later compresses that to `.gz`.
 */
export async function rotatedFiles(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter(
      (name) => name.startsWith(prefix) && /^\d{8}-\d{6}(\.gz)?$/.test(name.slice(prefix.length)),
    )
    .sort()
    .map((name) => join(dirname(path), name));
}

/** The whole text of a rotated file; empty where it has been removed meanwhile. */
export async function readRotated(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch {
    return "";
  }
}

/** Where the last `lines` lines of a file begin, found from its end; and how many there are. */
export async function tailOffset(
  file: FileHandle,
  lines: number,
): Promise<{ offset: number; lines: number }> {
  const { size } = await file.stat();
  const block = Buffer.alloc(BLOCK_BYTES);
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let i = bytesRead - 1; i >= 0; i--) {
      // The newline of the last line ends it and begins no other.
      if (block[i] !== NEWLINE || start + i === size - 1) continue;
      found += 1;
      if (found === lines) return { offset: start + i + 1, lines: found };
    }
    end = start;
  }
  return { offset: 0, lines: size === 0 ? 0 : found + 1 };
}

/** A log file open for reading, from an offset on; a line is given only once it is whole. */
export class LogReader implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #inode: number;
  readonly #path: string;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(file: FileHandle, inode: number, path: string, offset: number) {
    this.#file = file;
    this.#inode = inode;
    this.#path = path;
    this.#offset = offset;
  }

  /** Opens the file, positioned by `at`; undefined where there is none. */
  static async open(
    path: string,
    at: (file: FileHandle) => Promise<number>,
  ): Promise<LogReader | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, "r");
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
      throw thrown;
    }
    return new LogReader(file, (await file.stat()).ino, path, await at(file));
  }

  /** The whole lines that there are now, in pieces. */
  async *lines(): AsyncGenerator<string[]> {
    const block = Buffer.alloc(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#file.read(block, 0, block.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const bytes = Buffer.concat([this.#rest, block.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(NEWLINE);
      this.#rest = Buffer.from(bytes.subarray(end + 1));
      if (end >= 0) yield bytes.toString("utf8", 0, end).split("\n");
    }
  }

  /** True where the path now leads to another file (rotated), or to none. */
  async isReplaced(): Promise<boolean> {
    try {
      return (await stat(this.#path)).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
