import type { BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import type { Disk } from "../../machine/mod.ts";
import type { Digest } from "../../plan/mod.ts";
import { SyscallError } from "../../sys/mod.ts";

const entrySchema = z.strictObject({
  size: z.string(),
  mtimeNs: z.string(),
  ctimeNs: z.string(),
  ino: z.string(),
  dev: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
const cacheSchema = z.record(z.string(), entrySchema);
type Entry = z.infer<typeof entrySchema>;

/**
 * A file changed twice within one tick of the kernel's clock keeps its times: what was changed
 * less than this before it was hashed is hashed again next time.
 */
const SETTLED_NS = 100_000_000n;

/**
 * SHA-256 of files, remembered by everything that changes with a file's content (size, both
 * times, inode, device), so that a second apply does not read hundreds of megabytes again. The
 * memory is only a memory: lost or damaged, everything is hashed anew.
 */
export class FileDigests {
  readonly #disk: Disk;
  readonly #path: string;
  #entries: Map<string, Entry>;
  #changed = false;

  private constructor(disk: Disk, path: string, entries: Map<string, Entry>) {
    this.#disk = disk;
    this.#path = path;
    this.#entries = entries;
  }

  static async open(disk: Disk, path: string): Promise<FileDigests> {
    return new FileDigests(disk, path, parse(await disk.readText(path).catch(() => undefined)));
  }

  /** The digest of a regular file; undefined where there is none. */
  async of(path: string): Promise<Digest | undefined> {
    const stat = await this.#disk.lstat(path);
    if (stat === undefined || !stat.isFile()) return undefined;
    const known = this.#entries.get(path);
    if (known !== undefined && matches(known, stat)) return known.digest;
    return this.#hash(path);
  }

  /** Says that `path` has just been made with this content: spares reading it. */
  async remember(path: string, digest: Digest): Promise<void> {
    const stat = await this.#disk.lstat(path);
    if (stat?.isFile()) this.#set(path, toEntry(stat, digest));
  }

  forget(path: string): void {
    this.#changed = this.#entries.delete(path) || this.#changed;
  }

  /** Writes the memory down; never fails, for it is only a memory. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const text = JSON.stringify(Object.fromEntries(this.#entries));
    await this.#disk.write(this.#path, text, { mode: 0o600 }).then(
      () => {
        this.#changed = false;
      },
      () => {},
    );
  }

  #set(path: string, entry: Entry): void {
    this.#entries.set(path, entry);
    this.#changed = true;
  }

  async #hash(path: string): Promise<Digest> {
    try {
      const file = await open(this.#disk.at(path), "r");
      try {
        const before = await file.stat({ bigint: true });
        const hasher = new Bun.CryptoHasher("sha256");
        const buffer = new Uint8Array(1 << 20);
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, buffer.length);
          if (bytesRead === 0) break;
          hasher.update(buffer.subarray(0, bytesRead));
        }
        const digest = hasher.digest("hex");
        const after = toEntry(await file.stat({ bigint: true }), digest);
        const settled = BigInt(Date.now()) * 1_000_000n - before.ctimeNs > SETTLED_NS;
        if (settled && matches(after, before)) this.#set(path, after);
        return digest;
      } finally {
        await file.close();
      }
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot read "${path}"`);
    }
  }
}

function toEntry(stat: BigIntStats, digest: Digest): Entry {
  return {
    size: String(stat.size),
    mtimeNs: String(stat.mtimeNs),
    ctimeNs: String(stat.ctimeNs),
    ino: String(stat.ino),
    dev: String(stat.dev),
    digest,
  };
}

function matches(entry: Entry, stat: BigIntStats): boolean {
  const now = toEntry(stat, entry.digest);
  return (
    entry.size === now.size &&
    entry.mtimeNs === now.mtimeNs &&
    entry.ctimeNs === now.ctimeNs &&
    entry.ino === now.ino &&
    entry.dev === now.dev
  );
}

function parse(text: string | undefined): Map<string, Entry> {
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(cacheSchema.parse(JSON.parse(text))));
  } catch {
    return new Map();
  }
}
