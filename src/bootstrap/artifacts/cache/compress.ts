import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { z } from "zod";
import { fsyncDirectory } from "../../../sys/mod.ts";
import { systemCode, writeFailure } from "../errors.ts";
import { type ArtifactCache, checksumError } from "./store.ts";

/** The form in which a blob is sent. */
export interface EncodedBlob {
  readonly path: string;
  readonly sizeBytes: number;
  readonly encoding: "identity" | "zstd";
}

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

const MEMO_SCHEMA = z.object({ encoding: z.enum(["identity", "zstd"]), sizeBytes: z.number() });

/**
 * The compressed form of a blob (zstd, level 3), made once and kept. `source` is any file with
 * exactly those bytes (the blob itself, or a file of the user's in downloads/); small and
 * incompressible ones are given back as they are. Rejects with kind `no-space` or `cache`.
 */
export async function compressedBlob(
  cache: ArtifactCache,
  source: Source,
  signal?: AbortSignal,
): Promise<EncodedBlob> {
  const plain = { path: source.path, sizeBytes: source.sizeBytes, encoding: "identity" } as const;
  if (source.sizeBytes < LEAST_BYTES) return plain;
  return cache.once(`zstd ${source.sha256}`, () => findOrCompress(cache, source, plain, signal));
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
    return { path, sizeBytes: known.sizeBytes, encoding: "zstd" };
  }
  const sizeBytes = await compress(
    cache,
    { source: source.path, path, sha256: source.sha256 },
    signal,
  );
  const encoding = sizeBytes < source.sizeBytes * WORTHWHILE ? "zstd" : "identity";
  if (encoding === "identity") await rm(path, { force: true });
  await cache.memo.put("encoded", source.sha256, { encoding, sizeBytes });
  return encoding === "zstd" ? { path, sizeBytes, encoding } : plain;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

async function compress(
  cache: ArtifactCache,
  job: { source: string; path: string; sha256: string },
  signal?: AbortSignal,
): Promise<number> {
  const temp = cache.tempPath();
  try {
    await using file = await open(temp, "wx", 0o644);
    const zstd = createZstdCompress({
      params: {
        [constants.ZSTD_c_compressionLevel]: LEVEL,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    });
    const hash = createHash("sha256");
    await pipeline(
      createReadStream(job.source, { highWaterMark: 1024 * 1024 }),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      zstd,
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) await file.writeFile(chunk);
      },
      ...(signal === undefined ? [] : [{ signal }]),
    );
    // A file that was changed meanwhile must not be kept under the digest that it had.
    const sha256 = hash.digest("hex");
    if (sha256 !== job.sha256) throw checksumError(`"${job.source}"`, job.sha256, sha256);
    await file.sync();
    const { size } = await file.stat();
    await rename(temp, job.path);
    fsyncDirectory(join(cache.dir, "blobs/zstd"));
    return size;
  } catch (thrown) {
    throw writeFailure(thrown, cache.dir, `the compressed form of ${job.sha256}`);
  } finally {
    await rm(temp, { force: true });
  }
}
