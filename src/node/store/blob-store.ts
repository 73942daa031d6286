import { open } from "node:fs/promises";
import { mapPool, NodewrightError } from "../../base/mod.ts";
import { type Disk, noSpace } from "../../machine/mod.ts";
import type { DesiredFile, Digest, MissingBlob } from "../../plan/mod.ts";
import { type BlobEnd, BlobReceiver, type PutBlobParams } from "./blob-receiver.ts";
import type { FileDigests } from "./file-digests.ts";
import { LINK_FROM_BYTES } from "./store-directory.ts";

/** Kept free beside what a blob needs: a completely full disk breaks more than this apply. */
const MARGIN_BYTES = 16 * 1024 * 1024;
const SYNCS_AT_ONCE = 8;

/** Where contents lie under their digests. */
export interface BlobDirectories {
  readonly blobs: string;
  /** nodewright itself, as it was sent: a file of a node (a CNI plugin) can be a copy of it. */
  readonly executables: string;
}

/**
 * Files by their SHA-256. A blob appears under its digest only whole and checked; what has
 * arrived of one is beside it, decoded, as `DIGEST.partial` and is continued by the next session.
 */
export class BlobStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #executables: string;
  readonly #digests: FileDigests;
  /** Where contents of a mode were copied to because no link could be made: the next can be a link to that. */
  readonly #copies = new Map<string, string>();

  constructor(disk: Disk, directories: BlobDirectories, digests: FileDigests) {
    this.#disk = disk;
    this.#directory = directories.blobs;
    this.#executables = directories.executables;
    this.#digests = digests;
  }

  /** Whether the blob is there and undamaged (an installed file may share its inode). A damaged one is removed. */
  async has(digest: Digest): Promise<boolean> {
    return (await this.#find(digest)) !== undefined;
  }

  /** Where a content is: among the blobs, or as the executable that was sent. */
  async #find(digest: Digest): Promise<string | undefined> {
    if (await this.#hasBlob(digest)) return this.#path(digest);
    const executable = `${this.#executables}/${digest}`;
    return (await this.#digests.of(executable)) === digest ? executable : undefined;
  }

  async #hasBlob(digest: Digest): Promise<boolean> {
    const found = await this.#digests.of(this.#path(digest));
    if (found === undefined) return false;
    if (found === digest) return true;
    await this.#drop(this.#path(digest));
    return false;
  }

  /** What has arrived of a blob that is not there. */
  async missing(digest: Digest): Promise<MissingBlob> {
    const stat = await this.#disk.lstat(this.#partial(digest));
    return { digest, receivedBytes: Number(stat?.size ?? 0) };
  }

  /** Begins or goes on with a blob. Rejects with `no-space`, or `offset` where less has arrived. */
  async receive(params: PutBlobParams): Promise<BlobReceiver> {
    await this.#disk.makeDirectory(this.#directory, 0o700);
    const partial = this.#partial(params.digest);
    await this.#reserve(params, partial);
    return BlobReceiver.open(this.#disk.at(partial), params, this.#endOf(params, partial));
  }

  #endOf(params: PutBlobParams, partial: string): BlobEnd {
    const blob = this.#path(params.digest);
    return {
      stored: async (digest) => {
        await this.#disk.rename(partial, blob);
        this.#beginSync(blob);
        await this.#digests.remember(blob, digest);
      },
      damaged: async (why, cause) => {
        await this.#disk.remove(partial);
        return new NodewrightError("blob-damaged", `Cannot take blob ${params.digest}: ${why}`, {
          fix: "send it again from the start",
          cause,
        });
      },
      full: async (cause) => {
        await this.#disk.remove(partial);
        const free = await this.#disk.free(this.#directory);
        return noSpace(blob, neededBytes(params), free.bytes, cause);
      },
    };
  }

  /**
   * Makes blobs survive a power loss: all at once, which costs one wait for the disk instead of
   * one for each. Until then a loss can leave a blob under its digest that is not whole; `has`
   * sees that, so it is only before a blob is installed that it has to be durable.
   */
  async sync(digests: Iterable<Digest>): Promise<void> {
    await mapPool([...new Set(digests)], SYNCS_AT_ONCE, async (digest) => {
      const path = await this.#find(digest);
      if (path === undefined) return;
      await using file = await open(this.#disk.at(path), "r");
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
    const blob = await this.#find(file.digest);
    if (blob === undefined) {
      throw new NodewrightError(
        "missing-blob",
        `Cannot write "${file.path}": its content has not been sent or is damaged: ${file.digest}`,
        { fix: "run apply again: it sends what is missing" },
      );
    }
    // What root runs shares no inode with files that others may write to in place.
    const canLink = isShared(file) && blob === this.#path(file.digest);
    if (!(canLink && (await this.#linkTo(blob, file)))) await this.#copyTo(blob, file);
    await this.#digests.remember(file.path, file.digest);
  }

  /** Keeps the content of a file that is about to be replaced; false where it is not what is said. */
  async keep(path: string, digest: Digest): Promise<boolean> {
    // An executable that was sent goes with the next one: what is to be kept is a blob.
    if (await this.#hasBlob(digest)) return true;
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

  /** Where no link can be made, one copy is enough for all executables of that content. */
  async #copyTo(blob: string, file: DesiredFile): Promise<void> {
    const kind = `${file.mode} ${file.digest}`;
    const copy = isShared(file) ? this.#copies.get(kind) : undefined;
    if (copy !== undefined && (await this.#digests.of(copy)) === file.digest) {
      if (await this.#linkTo(copy, file)) return;
    }
    await this.#disk.copy(blob, file.path, { mode: file.mode, uid: 0, gid: 0 });
    if (isShared(file)) this.#copies.set(kind, file.path);
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

  async #drop(path: string): Promise<void> {
    await this.#disk.remove(path);
    this.#digests.forget(path);
  }

  #path(digest: Digest): string {
    return `${this.#directory}/${digest}`;
  }
  #partial(digest: Digest): string {
    return `${this.#path(digest)}.partial`;
  }
}

/** True for a file that is a link to its content rather than a copy. */
function isShared(file: DesiredFile): boolean {
  return (file.mode & 0o111) !== 0 && file.sizeBytes >= LINK_FROM_BYTES;
}

/** What the disk must have free. */
function neededBytes(params: PutBlobParams): number {
  return params.sizeBytes - params.offset + MARGIN_BYTES;
}
