import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import { z } from "zod";
import { fsyncDirectory } from "../../sys/mod.ts";
import { systemCode, writeFailure } from "../errors.ts";
import { type ArtifactCache, checksumError } from "./store.ts";

/** The form in which a blob is sent: its blocks of BLOCK_BYTES one after the other, each encoded by itself. */
export interface EncodedBlob {
  readonly path: string;
  readonly sizeBytes: number;
  readonly encoding: "identity" | "zstd";
  /** Encoded size of each block. */
  readonly blocks: readonly number[];
}

/** Bytes of the blob in each block but the last. Larger ones would hardly compress better. */
export const BLOCK_BYTES = 512 * 1024;

/** A file with the bytes of a digest. */
interface Source {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly path: string;
}

/** Below this a compressed form saves less than it costs to keep. */
const LEAST_BYTES = 16 * 1024;
const LEVEL = 3;
/** A form that saves less than a twentieth is not worth inflating on the node. */
const WORTHWHILE = 0.95;

const MEMO_SCHEMA = z.object({
  encoding: z.enum(["identity", "zstd"]),
  sizeBytes: z.number(),
  blocks: z.array(z.number()),
});

const compressBlock = promisify(zstdCompress);
const PARAMS = {
  [constants.ZSTD_c_compressionLevel]: LEVEL,
  [constants.ZSTD_c_checksumFlag]: 1,
};

/**
 * The compressed form of a blob (zstd, level 3), made once and kept. It is a sequence of zstd
 * frames, so that zstd itself can read it as well. `source` is any file with exactly those bytes
 * (the blob itself, or a file of the user's in downloads/); small and incompressible ones are
 * given back as they are. Rejects with kind `no-space` or `cache`.
 */
export async function compressedBlob(
  cache: ArtifactCache,
  source: Source,
  signal?: AbortSignal,
): Promise<EncodedBlob> {
  const { path, sizeBytes } = source;
  const plain = { path, sizeBytes, encoding: "identity", blocks: plainBlocks(sizeBytes) } as const;
  if (sizeBytes < LEAST_BYTES) return plain;
  return cache.once(`zstd ${source.sha256}`, () => findOrCompress(cache, source, plain, signal));
}

function plainBlocks(sizeBytes: number): number[] {
  const count = Math.ceil(sizeBytes / BLOCK_BYTES);
  return Array.from({ length: count }, (_, i) =>
    Math.min(BLOCK_BYTES, sizeBytes - i * BLOCK_BYTES),
  );
}

async function findOrCompress(
  cache: ArtifactCache,
  source: Source,
  plain: EncodedBlob,
  signal: AbortSignal | undefined,
): Promise<EncodedBlob> {
  const path = join(cache.dir, "blobs/zstd", source.sha256);
  const known = await cache.memo.get("encoded", source.sha256, MEMO_SCHEMA);
  if (known?.encoding === "identity") return plain;
  if (known !== undefined && (await sizeOf(path)) === known.sizeBytes) {
    await cache.use(path);
    return { path, sizeBytes: known.sizeBytes, encoding: "zstd", blocks: known.blocks };
  }
  const job = { source: source.path, path, sha256: source.sha256 };
  const blocks = await compress(cache, job, signal);
  const sizeBytes = blocks.reduce((sum, bytes) => sum + bytes, 0);
  const encoding = sizeBytes < source.sizeBytes * WORTHWHILE ? "zstd" : "identity";
  if (encoding === "identity") await rm(path, { force: true });
  await cache.memo.put("encoded", source.sha256, { encoding, sizeBytes, blocks });
  return encoding === "zstd" ? { path, sizeBytes, encoding, blocks } : plain;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Returns the sizes of the blocks as written. */
async function compress(
  cache: ArtifactCache,
  job: { source: string; path: string; sha256: string },
  signal?: AbortSignal,
): Promise<number[]> {
  const temp = cache.tempPath();
  try {
    await using file = await open(temp, "wx", 0o644);
    const hash = createHash("sha256");
    const blocks: number[] = [];
    for await (const block of readBlocks(job.source)) {
      signal?.throwIfAborted();
      hash.update(block);
      const encoded = await compressBlock(block, { params: PARAMS });
      blocks.push(encoded.length);
      await file.writeFile(encoded);
    }
    // A file that was changed meanwhile must not be kept under the digest that it had.
    const sha256 = hash.digest("hex");
    if (sha256 !== job.sha256) throw checksumError(`"${job.source}"`, job.sha256, sha256);
    await file.sync();
    await rename(temp, job.path);
    fsyncDirectory(join(cache.dir, "blobs/zstd"));
    return blocks;
  } catch (thrown) {
    throw writeFailure(thrown, cache.dir, `the compressed form of ${job.sha256}`);
  } finally {
    await rm(temp, { force: true });
  }
}

/** The file in blocks of BLOCK_BYTES; each may be overwritten when the next is asked for. */
async function* readBlocks(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path, "r");
  const buffer = new Uint8Array(BLOCK_BYTES);
  for (;;) {
    const length = await fill(file, buffer);
    if (length > 0) yield buffer.subarray(0, length);
    if (length < buffer.length) return;
  }
}

async function fill(file: FileHandle, buffer: Uint8Array): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
