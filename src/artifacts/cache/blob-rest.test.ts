import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { TempDir } from "../testing/mod.ts";
import { blobRest } from "./blob-rest.ts";
import { BLOCK_BYTES, compressedBlob } from "./compress.ts";
import { ArtifactCache } from "./store.ts";

const TAIL_BYTES = 1000;
const TEXT = Buffer.from(
  Array.from({ length: 200_000 }, (_, i) => `line ${i}\n`)
    .join("")
    .slice(0, 2 * BLOCK_BYTES + TAIL_BYTES),
);

describe("blobRest()", () => {
  test.each([
    { name: "nothing", receivedBytes: 0, offset: 0, count: 3 },
    { name: "less than a block", receivedBytes: BLOCK_BYTES - 1, offset: 0, count: 3 },
    { name: "a block", receivedBytes: BLOCK_BYTES, offset: BLOCK_BYTES, count: 2 },
    { name: "everything", receivedBytes: TEXT.length, offset: 2 * BLOCK_BYTES, count: 1 },
    { name: "more than there is", receivedBytes: TEXT.length + 1, offset: 0, count: 3 },
  ])("where $name has arrived, gives the blocks from $offset on", async (row) => {
    await using dir = await TempDir.make();
    const cache = await ArtifactCache.open(join(dir.path, "cache"), { nowMs: Date.now() });
    const path = join(dir.path, "file");
    await writeFile(path, TEXT);
    const source = { ...(await cache.memo.digest(path)), path };
    const encoded = await compressedBlob(cache, source);
    expect(encoded.encoding).toBe("zstd");
    const { offset, chunkCount, chunks } = blobRest(encoded, TEXT.length, row.receivedBytes);
    expect({ offset, count: chunkCount }).toEqual({ offset: row.offset, count: row.count });
    const parts: Buffer[] = [];
    for await (const { bytes, plainBytes } of chunks) {
      const part = zstdDecompressSync(bytes);
      expect(part.length).toBe(plainBytes);
      parts.push(part);
    }
    expect(parts.length).toBe(chunkCount);
    expect(Buffer.concat(parts).equals(TEXT.subarray(offset))).toBe(true);
  });
});
