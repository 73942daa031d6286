import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createZstdDecompress } from "node:zlib";
import { mapPool, NodewrightError } from "../../../base/mod.ts";
import { SyscallError } from "../../../sys/mod.ts";
import type { DesiredFile, Digest, MissingBlob } from "../../plan/mod.ts";
import type { NodeMethods } from "../protocol.ts";
import { codeOf, type Disk, noSpace } from "./disk.ts";
import type { FileDigests } from "./file-digests.ts";
import { LINK_FROM_BYTES } from "./store-directory.ts";

export type PutBlobParams = NodeMethods["putBlob"]["params"];

const ENCODINGS = ["zstd", "identity"] as const;
/** Kept free beside what a blob needs: a completely full disk breaks more than this apply. */
const MARGIN_BYTES = 16 * 1024 * 1024;
const SYNCS_AT_ONCE = 8;

/**
 * Files by their SHA-256. A blob appears under its digest only whole and checked; what has
 * arrived of one is beside it as `DIGEST.ENCODING.partial` and is continued by the next session.
 */
export class BlobStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #digests: FileDigests;

  constructor(disk: Disk, directory: string, digests: FileDigests) {
    this.#disk = disk;
    this.#directory = directory;
    this.#digests = digests;
  }

  /** Whether the blob is there and undamaged (an installed file may share its inode). A damaged one is removed. */
  async has(digest: Digest): Promise<boolean> {
    const found = await this.#digests.of(this.#path(digest));
    if (found === undefined) return false;
    if (found === digest) return true;
    await this.#drop(this.#path(digest));
    return false;
  }

  /** What has arrived of a blob that is not there. */
  async missing(digest: Digest): Promise<MissingBlob> {
    for (const encoding of ENCODINGS) {
      const stat = await this.#disk.lstat(this.#partial(digest, encoding));
      if (stat !== undefined) return { digest, receivedBytes: Number(stat.size), encoding };
    }
    return { digest, receivedBytes: 0 };
  }

  /** Begins or goes on with a blob. Rejects with `no-space`, or `offset` where less has arrived. */
  async receive(params: PutBlobParams): Promise<BlobReceiver> {
    await this.#disk.makeDirectory(this.#directory, 0o700);
    const partial = this.#partial(params.digest, params.encoding);
    await this.#reserve(params, partial);
    const file = await openPartial(this.#disk.at(partial), params.offset);
    return new BlobReceiver(file, params, {
      finish: () => this.#finish(params, partial),
      full: async (cause) => {
        await this.#disk.remove(partial);
        const free = await this.#disk.free(this.#directory);
        throw noSpace(this.#path(params.digest), neededBytes(params), free.bytes, cause);
      },
    });
  }

  /**
   * Makes blobs survive a power loss: all at once, which costs one wait for the disk instead of
   * one for each. Until then a loss can leave a blob under its digest that is not whole; `has`
   * sees that, so it is only before a blob is installed that it has to be durable.
   */
  async sync(digests: Iterable<Digest>): Promise<void> {
    await mapPool([...new Set(digests)], SYNCS_AT_ONCE, async (digest) => {
      await using file = await open(this.#disk.at(this.#path(digest)), "r");
      await file.sync();
    });
    this.#disk.flush();
  }

  /** So that the disk works while the next blob comes; `sync` waits for it, and hears of its errors. */
  #beginSync(blob: string): void {
    void open(this.#disk.at(blob), "r")
      .then((file) => file.datasync().finally(() => file.close()))
      .catch(() => {});
  }

  /** Puts a blob at a path, as a whole. The directory must exist. */
  async install(file: DesiredFile): Promise<void> {
    const blob = this.#path(file.digest);
    if (!(await this.has(file.digest))) {
      throw new NodewrightError(
        "missing-blob",
        `Cannot write "${file.path}": its content has not been sent or is damaged: ${file.digest}`,
        { fix: "run apply again: it sends what is missing" },
      );
    }
    const executable = (file.mode & 0o111) !== 0 && file.sizeBytes >= LINK_FROM_BYTES;
    if (!(executable && (await this.#linkTo(blob, file)))) {
      await this.#disk.copy(blob, file.path, { mode: file.mode, uid: 0, gid: 0 });
    }
    await this.#digests.remember(file.path, file.digest);
  }

  /** Keeps the content of a file that is about to be replaced; false where it is not what is said. */
  async keep(path: string, digest: Digest): Promise<boolean> {
    if (await this.has(digest)) return true;
    if ((await this.#digests.of(path)) !== digest) return false;
    await this.#disk.makeDirectory(this.#directory, 0o700);
    const blob = this.#path(digest);
    if (!(await this.#disk.link(path, blob))) {
      await this.#disk.copy(path, blob, { mode: 0o600 });
    }
    await this.#digests.remember(blob, digest);
    await this.#digests.remember(path, digest);
    return true;
  }

  /** Removes every blob and partial but those of `kept`. */
  async collect(kept: ReadonlySet<Digest>): Promise<void> {
    for (const name of await this.#disk.list(this.#directory)) {
      if (!kept.has(name)) await this.#drop(`${this.#directory}/${name}`);
    }
  }

  /** A hard link shares mode and owner: only a blob that no other file shares is changed to fit. */
  async #linkTo(blob: string, file: DesiredFile): Promise<boolean> {
    const stat = await this.#disk.lstat(blob);
    if (stat === undefined) return false;
    const fits = Number(stat.mode & 0o7777n) === file.mode && stat.uid === 0n && stat.gid === 0n;
    if (!fits && stat.nlink > 1n) return false;
    if (!fits) {
      await this.#disk.setOwner(blob, 0, 0);
      await this.#disk.setMode(blob, file.mode);
    }
    const linked = await this.#disk.link(blob, file.path);
    await this.#rememberIfUntouched(blob, stat, file.digest);
    return linked;
  }

  /** Mode and link count change ctime alone: with the same mtime and size the content is the one checked before. */
  async #rememberIfUntouched(
    blob: string,
    before: { mtimeNs: bigint; size: bigint },
    digest: Digest,
  ): Promise<void> {
    const after = await this.#disk.lstat(blob);
    if (after?.mtimeNs === before.mtimeNs && after.size === before.size) {
      await this.#digests.remember(blob, digest);
    }
  }

  async #reserve(params: PutBlobParams, partial: string): Promise<void> {
    const there = Number((await this.#disk.lstat(partial))?.size ?? 0);
    if (there < params.offset) {
      throw new NodewrightError(
        "offset",
        `Cannot go on with a blob at byte ${params.offset}: so much has arrived: ${there}`,
        { fix: "ask again what is missing" },
      );
    }
    const free = await this.#disk.free(this.#directory);
    const needed = neededBytes(params);
    if (free.bytes >= needed) return;
    await this.#disk.remove(partial);
    throw noSpace(this.#path(params.digest), needed, free.bytes);
  }

  async #finish(params: PutBlobParams, partial: string): Promise<void> {
    const blob = this.#path(params.digest);
    const whole = params.encoding === "identity" ? partial : `${blob}.decoded`;
    try {
      const digest =
        params.encoding === "identity"
          ? await hashOf(createReadStream(this.#disk.at(partial)), params.sizeBytes)
          : await decode(this.#disk.at(partial), this.#disk.at(whole), params.sizeBytes);
      if (digest !== params.digest) throw new DecodeError(`its SHA-256 is ${digest}`);
      await this.#disk.rename(whole, blob);
      this.#beginSync(blob);
      await this.#digests.remember(blob, digest);
    } catch (thrown) {
      await this.#drop(whole);
      if (["ENOSPC", "EDQUOT"].includes(codeOf(thrown))) {
        await this.#drop(partial);
        const free = await this.#disk.free(this.#directory);
        throw noSpace(blob, params.sizeBytes, free.bytes, thrown);
      }
      if (!(thrown instanceof DecodeError))
        throw SyscallError.wrap(thrown, `Cannot write "${blob}"`);
      await this.#drop(partial);
      throw new NodewrightError(
        "blob-damaged",
        `Cannot take blob ${params.digest}: ${thrown.message}`,
        { fix: "send it again from the start", cause: thrown },
      );
    }
    if (whole !== partial) await this.#drop(partial);
  }

  async #drop(path: string): Promise<void> {
    await this.#disk.remove(path);
    this.#digests.forget(path);
  }

  #path(digest: Digest): string {
    return `${this.#directory}/${digest}`;
  }
  #partial(digest: Digest, encoding: PutBlobParams["encoding"]): string {
    return `${this.#path(digest)}.${encoding}.partial`;
  }
}

/** Takes the chunks of one blob. After an error nothing more may be given to it. */
export class BlobReceiver {
  readonly #file: FileHandle;
  readonly #params: PutBlobParams;
  readonly #end: { finish(): Promise<void>; full(cause: unknown): Promise<never> };
  #at: number;
  #isOpen = true;

  constructor(
    file: FileHandle,
    params: PutBlobParams,
    end: { finish(): Promise<void>; full(cause: unknown): Promise<never> },
  ) {
    this.#file = file;
    this.#params = params;
    this.#end = end;
    this.#at = params.offset;
  }

  /** Encoded bytes still to come. */
  get awaitedBytes(): number {
    return this.#params.encodedBytes - this.#at;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.awaitedBytes) {
      throw new NodewrightError(
        "protocol",
        `Cannot take blob ${this.#params.digest}: more bytes than announced: ${this.#at + bytes.length}`,
      );
    }
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#at);
        done += bytesWritten;
        this.#at += bytesWritten;
      }
    } catch (thrown) {
      if (["ENOSPC", "EDQUOT"].includes(codeOf(thrown))) {
        await this.close();
        return this.#end.full(thrown);
      }
      throw SyscallError.wrap(thrown, `Cannot store blob ${this.#params.digest}`);
    }
  }

  /** All bytes are there: decodes, checks and puts the blob in place. */
  async finish(): Promise<void> {
    await this.close();
    await this.#end.finish();
  }

  /** Keeps what has arrived for the next session. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }
}

async function openPartial(path: string, offset: number): Promise<FileHandle> {
  try {
    const file = await open(path, offset === 0 ? "w" : "r+", 0o600);
    await file.truncate(offset);
    return file;
  } catch (thrown) {
    throw SyscallError.wrap(thrown, `Cannot open "${path}"`);
  }
}

/** What the disk must have free: the rest of the encoded form and, where it is another, the decoded one. */
function neededBytes(params: PutBlobParams): number {
  const decoded = params.encoding === "identity" ? 0 : params.sizeBytes;
  return params.encodedBytes - params.offset + decoded + MARGIN_BYTES;
}

/** The bytes do not decode, or not to what was announced. */
class DecodeError extends Error {}

async function hashOf(stream: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Digest> {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  for await (const chunk of stream) {
    hasher.update(chunk);
    size += chunk.length;
  }
  if (size !== sizeBytes) throw new DecodeError(`its size is ${size} bytes, not ${sizeBytes}`);
  return hasher.digest("hex");
}

/** Decodes zstd from one file into another, never more than was announced. */
async function decode(from: string, to: string, sizeBytes: number): Promise<Digest> {
  const target = await open(to, "w", 0o600);
  try {
    const hasher = new Bun.CryptoHasher("sha256");
    let size = 0;
    const source = createReadStream(from, { highWaterMark: 1 << 20 });
    const decoder = createZstdDecompress({ chunkSize: 1 << 20 });
    source.on("error", (error) => decoder.destroy(error));
    try {
      for await (const chunk of source.pipe(decoder) as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        // A few kilobytes can decode to terabytes.
        if (size > sizeBytes) throw new DecodeError(`it is longer than ${sizeBytes} bytes`);
        hasher.update(chunk);
        await target.write(chunk);
      }
    } catch (thrown) {
      if (thrown instanceof DecodeError || isDiskError(thrown)) throw thrown;
      throw new DecodeError("it is no whole zstd stream");
    } finally {
      source.destroy();
      decoder.destroy();
    }
    if (size !== sizeBytes) throw new DecodeError(`its size is ${size} bytes, not ${sizeBytes}`);
    return hasher.digest("hex");
  } finally {
    await target.close();
  }
}

function isDiskError(thrown: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EIO", "EROFS"].includes(codeOf(thrown));
}
