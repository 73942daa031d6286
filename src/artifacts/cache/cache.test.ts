import { describe, expect, test } from "bun:test";
import { chmod, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { rejectionOf } from "../../base/testing/mod.ts";
import { TempDir } from "../testing/mod.ts";
import { compressedBlob } from "./compress.ts";
import { cacheDirectory } from "./directory.ts";
import { ArtifactCache } from "./store.ts";

const TEXT = "text that can be made small ".repeat(4_000);
const SHA256 = new Bun.CryptoHasher("sha256").update(TEXT).digest("hex");

async function* chunksOf(text: string, failAfter?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1000) yield Buffer.from(text.slice(at, at + 1000));
  if (failAfter !== undefined) throw failAfter;
}

async function openCache(dir: TempDir): Promise<ArtifactCache> {
  return ArtifactCache.open(join(dir.path, "cache"), { nowMs: Date.now() });
}

describe("cacheDirectory()", () => {
  const rows: { env: Record<string, string>; want: string }[] = [
    { env: { NODEWRIGHT_CACHE: "/c/", XDG_CACHE_HOME: "/x", HOME: "/h" }, want: "/c" },
    { env: { XDG_CACHE_HOME: "/x/", HOME: "/h" }, want: "/x/nodewright" },
    { env: { XDG_CACHE_HOME: "relative", HOME: "/h" }, want: "/h/.cache/nodewright" },
    { env: { NODEWRIGHT_CACHE: "", HOME: "/root" }, want: "/root/.cache/nodewright" },
  ];
  test.each(rows)("$want", ({ env, want }) => expect(cacheDirectory(env)).toBe(want));
  test.each([{ NODEWRIGHT_CACHE: "here" }, {}])("refuses %p", (env) => {
    expect(() => cacheDirectory(env)).toThrow(/cache/);
  });
});

describe("ArtifactCache", () => {
  test("put() keeps a whole stream under its digest and nothing beside it", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    expect(await cache.put(chunksOf(TEXT), { label: "x" })).toEqual({
      sha256: SHA256,
      sizeBytes: TEXT.length,
    });
    expect(await readFile(cache.blobPath(SHA256), "utf8")).toBe(TEXT);
    expect(await cache.has(SHA256)).toBe(true);
    expect(await readdir(join(cache.dir, "temp"))).toEqual([]);
  });

  test.each([
    {
      name: "a stream that breaks",
      chunks: () => chunksOf(TEXT, new Error("broken")),
      expected: undefined,
      want: /broken/,
    },
    {
      name: "other bytes than expected",
      chunks: () => chunksOf(TEXT),
      expected: "0".repeat(64),
      want: new RegExp(`0{64}: ${SHA256}`),
    },
  ])("put() keeps nothing of $name", async ({ chunks, expected, want }) => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const error = await rejectionOf(
      cache.put(chunks(), { label: "x", ...(expected === undefined ? {} : { expected }) }),
    );
    expect(error).toMatchObject({ message: expect.stringMatching(want) });
    expect(await readdir(join(cache.dir, "temp"))).toEqual([]);
    expect(await readdir(join(cache.dir, "blobs/sha256"))).toEqual([]);
  });

  test("has() finds a damaged blob out and removes it", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    await cache.put(chunksOf(TEXT), { label: "x" });
    await writeFile(cache.blobPath(SHA256), TEXT.replace("text", "TEXT"));
    expect(await cache.has(SHA256)).toBe(false);
    expect(await readdir(join(cache.dir, "blobs/sha256"))).toEqual([]);
    expect(await cache.has(SHA256)).toBe(false);
  });

  test("open() removes what killed processes left, not what running ones write", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const old = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
    await writeFile(join(cache.dir, "temp/old"), "");
    await utimes(join(cache.dir, "temp/old"), old, old);
    await writeFile(join(cache.dir, "temp/new"), "");
    await openCache(dir);
    expect(await readdir(join(cache.dir, "temp"))).toEqual(["new"]);
  });

  test("open() removes encoded forms that were not used for a month, and keeps what was downloaded", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    await cache.put(chunksOf(TEXT), { label: "x" });
    const source = { sha256: SHA256, sizeBytes: TEXT.length, path: cache.blobPath(SHA256) };
    const { path } = await compressedBlob(cache, source);
    const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    for (const each of [path, source.path]) await utimes(each, old, old);
    // Used again, however old it is.
    await compressedBlob(cache, source);
    await openCache(dir);
    expect(await readdir(join(cache.dir, "blobs/zstd"))).toEqual([SHA256]);
    await utimes(path, old, old);
    const again = await openCache(dir);
    expect(await readdir(join(cache.dir, "blobs/zstd"))).toEqual([]);
    expect(await again.has(SHA256)).toBe(true);
    expect((await compressedBlob(again, source)).encoding).toBe("zstd");
  });

  test("two at once keep the same blob", async () => {
    await using dir = await TempDir.make();
    const caches = await Promise.all([openCache(dir), openCache(dir)]);
    await Promise.all(caches.map((cache) => cache.put(chunksOf(TEXT), { label: "x" })));
    expect(await Promise.all(caches.map((cache) => cache.has(SHA256)))).toEqual([true, true]);
  });
});

describe("FileMemo.digest()", () => {
  const old = new Date(Date.now() - 60 * 60 * 1000);

  test("hashes a file again where anything about it changed", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const path = join(dir.path, "file");
    await writeFile(path, "one");
    await utimes(path, old, old);
    const first = await cache.memo.digest(path);
    // The same size and the same modification time: only the change time tells.
    await writeFile(path, "two");
    await utimes(path, old, old);
    const second = await cache.memo.digest(path);
    expect(second.sha256).not.toBe(first.sha256);
    expect((await stat(path)).mtimeMs).toBe(old.getTime());
  });

  test("does not read a known file again", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const path = join(dir.path, "file");
    await writeFile(path, "content");
    const blob = { sha256: "f".repeat(64), sizeBytes: 7 };
    await cache.memo.remember(path, blob);
    expect(await cache.memo.digest(path)).toEqual(blob);
    await chmod(path, 0o600);
    expect((await cache.memo.digest(path)).sha256).not.toBe(blob.sha256);
  });

  test("does without a memo that is damaged", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const path = join(dir.path, "file");
    await writeFile(path, "content");
    await cache.memo.remember(path, { sha256: "f".repeat(64), sizeBytes: 7 });
    const [name = ""] = await readdir(join(cache.dir, "index/files"));
    await writeFile(join(cache.dir, "index/files", name), '{"sha256": 1');
    expect((await cache.memo.digest(path)).sha256).toHaveLength(64);
  });
});

describe("compressedBlob()", () => {
  test("makes a zstd form once and keeps it", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    await cache.put(chunksOf(TEXT), { label: "x" });
    const source = { sha256: SHA256, sizeBytes: TEXT.length, path: cache.blobPath(SHA256) };
    const made = await compressedBlob(cache, source);
    expect(made.encoding).toBe("zstd");
    expect((await stat(made.path)).size).toBe(made.sizeBytes);
    expect(made.sizeBytes).toBeLessThan(TEXT.length / 10);
    expect(zstdDecompressSync(await readFile(made.path)).toString()).toBe(TEXT);
    expect(made.blocks.reduce((sum, bytes) => sum + bytes, 0)).toBe(made.sizeBytes);
    await rm(source.path);
    expect(await compressedBlob(cache, source)).toEqual(made);
  });

  test("refuses a file that is no longer what its digest says, and keeps nothing", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const path = join(dir.path, "file");
    await writeFile(path, TEXT.replace("text", "TEXT"));
    const source = { sha256: SHA256, sizeBytes: TEXT.length, path };
    expect(await rejectionOf(compressedBlob(cache, source))).toMatchObject({ kind: "checksum" });
    expect(await readdir(join(cache.dir, "blobs/zstd"))).toEqual([]);
    expect(await readdir(join(cache.dir, "temp"))).toEqual([]);
  });

  test("makes it again where it is cut off", async () => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    await cache.put(chunksOf(TEXT), { label: "x" });
    const source = { sha256: SHA256, sizeBytes: TEXT.length, path: cache.blobPath(SHA256) };
    const { path } = await compressedBlob(cache, source);
    await writeFile(path, "cut off");
    await compressedBlob(cache, source);
    expect(zstdDecompressSync(await readFile(path)).toString()).toBe(TEXT);
  });

  test.each([
    { name: "small", bytes: Buffer.from("x".repeat(100)) },
    { name: "incompressible", bytes: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))) },
  ])("gives a $name file as it is, every time", async ({ bytes }) => {
    await using dir = await TempDir.make();
    const cache = await openCache(dir);
    const path = join(dir.path, "file");
    await writeFile(path, bytes);
    const source = { ...(await cache.memo.digest(path)), path };
    for (let i = 0; i < 2; i++) {
      expect(await compressedBlob(cache, source)).toEqual({
        path,
        sizeBytes: bytes.length,
        encoding: "identity",
        blocks: [bytes.length],
      });
    }
    expect(await readdir(join(cache.dir, "blobs/zstd"))).toEqual([]);
  });
});
