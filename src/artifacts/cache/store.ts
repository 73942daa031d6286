import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fsyncDirectory } from "../../sys/mod.ts";
import { ArtifactError, systemCode, writeFailure } from "../errors.ts";
import type { Blob } from "./hash.ts";
import { FileMemo } from "./memo.ts";

/** Left by a process that was killed; older ones than this belong to nobody. */
const STALE_TEMP_MS = 24 * 60 * 60 * 1000;
/** An unfinished download that nobody has gone on with for so long. */
const ABANDONED_MS = 14 * 24 * 60 * 60 * 1000;
/** Encoded forms that nobody has sent for so long are made again when they are wanted. */
const UNUSED_FORM_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Files by their SHA-256 in one directory, safe for several processes at once: everything is
 * written beside its place and renamed. Layout: blobs/sha256/HEX, blobs/zstd/HEX (compressed
 * forms, named by the digest of what they inflate to), index/ (what is known of files, by
 * digest or by path), partial/ (unfinished downloads), apt/. What was downloaded stays, for a site may
 * be offline; encoded forms that were not used for a month go.
 */
export class ArtifactCache {
  readonly dir: string;
  readonly memo: FileMemo;
  readonly #running = new Map<string, Promise<unknown>>();

  private constructor(dir: string) {
    this.dir = dir;
    this.memo = new FileMemo(join(dir, "index"));
  }

  /** Makes the directories where they are missing and removes what killed processes left. */
  static async open(dir: string, options: { nowMs: number }): Promise<ArtifactCache> {
    const cache = new ArtifactCache(dir);
    try {
      for (const name of ["blobs/sha256", "blobs/zstd", "index", "partial", "temp"]) {
        await mkdir(join(dir, name), { recursive: true, mode: 0o755 });
      }
    } catch (thrown) {
      throw writeFailure(thrown, dir, "the cache");
    }
    await cache.#removeOlder("temp", options.nowMs - STALE_TEMP_MS);
    // A lock in there is as new as its last holder.
    await cache.#removeOlder("partial", options.nowMs - ABANDONED_MS);
    for (const forms of ["blobs/zstd", "blobs/gzip", "blobs/patch"]) {
      await cache.#removeOlder(forms, options.nowMs - UNUSED_FORM_MS);
    }
    return cache;
  }

  async #removeOlder(directory: string, beforeMs: number): Promise<void> {
    const parent = join(this.dir, directory);
    for (const name of await readdir(parent).catch(() => [])) {
      const path = join(parent, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < beforeMs) {
        await rm(path, { force: true, recursive: true });
      }
    }
  }

  /** Work of a name that is already under way in this process is shared: many nodes ask for the same at once. */
  once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(name);
    // cast: each name is used for one kind of work
    if (running !== undefined) return running as Promise<T>;
    const promise = work().finally(() => this.#running.delete(name));
    this.#running.set(name, promise);
    return promise;
  }

  /** Says that an encoded form is in use, so that it is kept. */
  async use(path: string): Promise<void> {
    const now = new Date();
    // Somebody else's cache may be read-only for us; then the form is theirs to keep.
    await utimes(path, now, now).catch(() => {});
  }

  /** Where a blob is, or would be. */
  blobPath(sha256: string): string {
    return join(this.dir, "blobs/sha256", sha256);
  }

  /** A path for something unfinished, unique, on the file system of the blobs. */
  tempPath(): string {
    return join(this.dir, "temp", randomBytes(12).toString("hex"));
  }

  /** True where the blob is there and whole; a damaged one is removed. */
  async has(sha256: string): Promise<boolean> {
    const path = this.blobPath(sha256);
    try {
      if ((await this.memo.digest(path)).sha256 === sha256) return true;
    } catch (thrown) {
      if (systemCode(thrown) === "ENOENT") return false;
      throw thrown;
    }
    await rm(path, { force: true });
    return false;
  }

  /**
   * Writes a stream as a blob. With `expected`, other bytes are refused (kind `checksum`) and
   * nothing is kept. `label` names it in errors.
   */
  async put(
    chunks: AsyncIterable<Uint8Array>,
    options: { label: string; sizeBytes?: number; expected?: string },
  ): Promise<Blob> {
    const temp = this.tempPath();
    const hash = createHash("sha256");
    let sizeBytes = 0;
    try {
      await using file = await this.#create(temp, options);
      for await (const chunk of chunks) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await this.#write(file, chunk, options);
      }
      const sha256 = hash.digest("hex");
      if (options.expected !== undefined && options.expected !== sha256) {
        throw checksumError(options.label, options.expected, sha256);
      }
      await this.#sync(file, options);
      await this.adopt(temp, { sha256, sizeBytes });
      return { sha256, sizeBytes };
    } finally {
      await rm(temp, { force: true });
    }
  }

  /** Moves a finished, synced file of this file system to the place of its digest. */
  async adopt(path: string, blob: Blob): Promise<void> {
    const place = this.blobPath(blob.sha256);
    try {
      await rename(path, place);
      fsyncDirectory(join(this.dir, "blobs/sha256"));
    } catch (thrown) {
      throw writeFailure(thrown, this.dir, `the blob ${blob.sha256}`);
    }
    await this.memo.remember(place, blob);
  }

  async #create(path: string, options: { label: string; sizeBytes?: number }): Promise<FileHandle> {
    try {
      // Executable, so that a program can be asked for its version where it lies.
      return await open(path, "wx", 0o755);
    } catch (thrown) {
      throw writeFailure(thrown, this.dir, options.label, options.sizeBytes);
    }
  }

  /** Some file systems say only now that there is no room. */
  async #sync(file: FileHandle, options: { label: string; sizeBytes?: number }): Promise<void> {
    try {
      await file.sync();
    } catch (thrown) {
      throw writeFailure(thrown, this.dir, options.label, options.sizeBytes);
    }
  }

  async #write(
    file: FileHandle,
    chunk: Uint8Array,
    options: { label: string; sizeBytes?: number },
  ): Promise<void> {
    try {
      await file.writeFile(chunk);
    } catch (thrown) {
      throw writeFailure(thrown, this.dir, options.label, options.sizeBytes);
    }
  }
}

/** What is said of a file with other bytes than were expected. */
export function checksumError(label: string, expected: string, actual: string): ArtifactError {
  return new ArtifactError(
    "checksum",
    `Refused ${label}, its SHA-256 is not the expected ${expected}: ${actual}`,
    { fix: "Compare the expected checksum with the publisher's; fetch the file again" },
  );
}
