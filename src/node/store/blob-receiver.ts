import { type FileHandle, open } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import type { NodewrightError } from "../../base/mod.ts";
import { codeOf } from "../../machine/mod.ts";
import type { Digest } from "../../plan/mod.ts";
import { SyscallError } from "../../sys/mod.ts";
import type { NodeMethods } from "../protocol/protocol.ts";

export type PutBlobParams = NodeMethods["putBlob"]["params"];

/** What becomes of the part of a blob that a receiver writes. */
export interface BlobEnd {
  /** Every byte is there, with this digest. */
  stored(digest: Digest): Promise<void>;
  /** The part is of no use: gives the error to throw. */
  damaged(why: string, cause?: unknown): Promise<NodewrightError>;
  /** The disk has become full: gives the error to throw. */
  full(cause: unknown): Promise<NodewrightError>;
}

/** A few kilobytes can decode to terabytes. */
const MAX_DECODED_BYTES = 1024 * 1024;
/** A little more than a block: a buffer that is just full would be followed by another one. */
const DECODED_AT_ONCE_BYTES = MAX_DECODED_BYTES / 2 + 64;
const READ_BYTES = 1024 * 1024;

/**
 * Takes the chunks of one blob: each is decoded by itself, hashed and written as it comes, so that
 * nothing is read again at the end. After an error nothing more may be given to it.
 */
export class BlobReceiver {
  readonly #file: FileHandle;
  readonly #hasher: Bun.CryptoHasher;
  readonly #params: PutBlobParams;
  readonly #end: BlobEnd;
  #at: number;
  #awaitedChunks: number;
  #isOpen = true;

  private constructor(
    file: FileHandle,
    hasher: Bun.CryptoHasher,
    { params, end }: { params: PutBlobParams; end: BlobEnd },
  ) {
    this.#file = file;
    this.#hasher = hasher;
    this.#params = params;
    this.#end = end;
    this.#at = params.offset;
    this.#awaitedChunks = params.chunks;
  }

  /** Goes on at the offset of `params`; what the file has beyond it is cut off. */
  static async open(path: string, params: PutBlobParams, end: BlobEnd): Promise<BlobReceiver> {
    try {
      const file = await open(path, params.offset === 0 ? "w" : "r+", 0o600);
      await file.truncate(params.offset);
      return new BlobReceiver(file, await hashOf(file, params.offset), { params, end });
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot open "${path}"`);
    }
  }

  get awaitedChunks(): number {
    return this.#awaitedChunks;
  }

  /** Rejects with `blob-damaged`, or with `no-space`; the part is gone then. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#awaitedChunks--;
    const bytes = await this.#decode(chunk);
    if (this.#at + bytes.length > this.#params.sizeBytes) {
      throw await this.#damaged(`it is longer than ${this.#params.sizeBytes} bytes`);
    }
    this.#hasher.update(bytes);
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#at);
        done += bytesWritten;
        this.#at += bytesWritten;
      }
    } catch (thrown) {
      if (["ENOSPC", "EDQUOT"].includes(codeOf(thrown))) {
        await this.close();
        throw await this.#end.full(thrown);
      }
      throw SyscallError.wrap(thrown, `Cannot store blob ${this.#params.digest}`);
    }
  }

  /** All chunks are there: checks the whole and puts it in place. */
  async finish(): Promise<void> {
    await this.close();
    const { sizeBytes, digest } = this.#params;
    if (this.#at !== sizeBytes) {
      throw await this.#damaged(`its size is ${this.#at} bytes, not ${sizeBytes}`);
    }
    const found = this.#hasher.digest("hex");
    if (found !== digest) throw await this.#damaged(`its SHA-256 is ${found}`);
    await this.#end.stored(digest);
  }

  /** Keeps what has arrived for the next session. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }

  async #decode(chunk: Uint8Array): Promise<Uint8Array> {
    if (this.#params.encoding === "identity") return chunk;
    try {
      return zstdDecompressSync(chunk, {
        chunkSize: DECODED_AT_ONCE_BYTES,
        maxOutputLength: MAX_DECODED_BYTES,
      });
    } catch (thrown) {
      throw await this.#damaged("a part of it cannot be decoded", thrown);
    }
  }

  async #damaged(why: string, cause?: unknown): Promise<NodewrightError> {
    await this.close();
    return this.#end.damaged(why, cause);
  }
}

/** What there is already belongs to the digest. */
async function hashOf(file: FileHandle, sizeBytes: number): Promise<Bun.CryptoHasher> {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(Math.min(READ_BYTES, sizeBytes));
  for (let at = 0; at < sizeBytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - at), at);
    if (bytesRead === 0) break;
    hasher.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hasher;
}
