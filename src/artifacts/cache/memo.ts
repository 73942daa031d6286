import { createHash, randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Blob, hashFile } from "./hash.ts";

/** A file changed within this time could change again without a visible trace in its times. */
const RACY_NS = 1_000_000_000n;

const DIGEST_SCHEMA = z.object({
  path: z.string(),
  stamp: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number(),
});

function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}

function stampOf(found: BigIntStats): string {
  return `${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino} ${found.dev}`;
}

/**
 * Small JSON documents about files, one file each, so that several processes never disturb
 * each other. A lost or damaged one only costs the work of making it again.
 */
export class FileMemo {
  readonly #dir: string;
  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * The digest of a regular file; hashed again only where size, times or inode differ from
   * the last time. Rejects with the system's error where it cannot be read.
   */
  async digest(path: string, signal?: AbortSignal): Promise<Blob> {
    const before = await stat(path, { bigint: true });
    const stamp = stampOf(before);
    const known = await this.get("files", keyOf(path), DIGEST_SCHEMA);
    if (known?.path === path && known.stamp === stamp) {
      return { sha256: known.sha256, sizeBytes: known.sizeBytes };
    }
    const startedNs = BigInt(Date.now()) * 1_000_000n;
    const blob = await hashFile(path, signal);
    const after = await stat(path, { bigint: true });
    const isSettled = after.ctimeNs === before.ctimeNs && startedNs - before.ctimeNs > RACY_NS;
    if (isSettled) await this.put("files", keyOf(path), { path, stamp, ...blob });
    return blob;
  }

  /** Keeps a digest that is known because this program alone wrote the file. */
  async remember(path: string, blob: Blob): Promise<void> {
    const stamp = stampOf(await stat(path, { bigint: true }));
    await this.put("files", keyOf(path), { path, stamp, ...blob });
  }

  /** A document by kind and key; undefined where there is none of that shape. */
  async get<T>(kind: string, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      const parsed: unknown = JSON.parse(await readFile(this.#path(kind, key), "utf8"));
      return schema.safeParse(parsed).data;
    } catch {
      return undefined;
    }
  }

  /** Keeps a document; failing to is no failure, the work is then done again the next time. */
  async put(kind: string, key: string, value: unknown): Promise<void> {
    const path = this.#path(kind, key);
    const temp = `${path}.${randomBytes(6).toString("hex")}`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temp, JSON.stringify(value));
      await rename(temp, path);
    } catch {
      await rm(temp, { force: true }).catch(() => undefined);
    }
  }

  #path(kind: string, key: string): string {
    return join(this.#dir, kind, `${key}.json`);
  }
}
