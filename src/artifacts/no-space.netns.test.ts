/** A full disk, on a small file system of the test's own: needs root for mount(2). */
import { describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { rejectionOf } from "../base/testing/mod.ts";
import { mount, unmount } from "../sys/mod.ts";
import { compressedBlob } from "./cache/compress.ts";
import { ArtifactCache } from "./cache/store.ts";
import { download } from "./download/download.ts";
import { BadServer, head, TempDir } from "./testing/mod.ts";

const ROOM_BYTES = 256 * 1024;
const BODY = new Uint8Array(1024 * 1024).map((_, i) => (i * 7919) >> 3);

/** A cache with room for a quarter of a megabyte. */
class SmallCache implements AsyncDisposable {
  readonly cache: ArtifactCache;
  readonly #dir: TempDir;
  readonly #mountPoint: string;

  private constructor(dir: TempDir, mountPoint: string, cache: ArtifactCache) {
    this.#dir = dir;
    this.#mountPoint = mountPoint;
    this.cache = cache;
  }
  static async make(): Promise<SmallCache> {
    const dir = await TempDir.make();
    const mountPoint = join(dir.path, "small");
    await mkdir(mountPoint);
    mount({ source: "tmpfs", target: mountPoint, type: "tmpfs", data: `size=${ROOM_BYTES}` });
    const cache = await ArtifactCache.open(join(mountPoint, "cache"), { nowMs: Date.now() });
    return new SmallCache(dir, mountPoint, cache);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    unmount(this.#mountPoint);
    await this.#dir[Symbol.asyncDispose]();
  }
}

async function* body(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BODY.length; at += 65_536) yield BODY.slice(at, at + 65_536);
}

const noSpace = (cache: ArtifactCache, bytes?: number): object => ({
  kind: "no-space",
  message: expect.stringContaining(
    `into "${cache.dir}"${bytes === undefined ? "" : `, ${bytes} bytes are needed`}`,
  ),
  fix: expect.stringContaining("NODEWRIGHT_CACHE"),
});

describe("without space on the jumpbox", () => {
  test("a blob is refused and nothing of it stays", async () => {
    await using small = await SmallCache.make();
    const { cache } = small;
    const error = await rejectionOf(cache.put(body(), { label: "runc", sizeBytes: BODY.length }));
    expect(error).toMatchObject(noSpace(cache, BODY.length));
    expect(await readdir(join(cache.dir, "temp"))).toEqual([]);
    expect(await readdir(join(cache.dir, "blobs/sha256"))).toEqual([]);
  });

  test("a download is refused and its part removed", async () => {
    await using small = await SmallCache.make();
    const { cache } = small;
    await using server = await BadServer.start(() => ({
      send: [head("200 OK", { "Content-Length": BODY.length }), BODY],
      end: "close",
    }));
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const context = { cache, clock, env: {}, idleTimeoutMs: 5_000 };
    const error = await rejectionOf(download(context, server.url("/runc.amd64")));
    expect(error).toMatchObject(noSpace(cache, BODY.length));
    expect(await readdir(join(cache.dir, "partial"))).toEqual([expect.stringMatching(/\.lock$/)]);
    expect(server.requests).toHaveLength(1);
  });

  test("a compressed form is refused and its part removed", async () => {
    await using small = await SmallCache.make();
    await using dir = await TempDir.make();
    const { cache } = small;
    const path = join(dir.path, "file");
    const random = Array.from({ length: 8 }, () => crypto.getRandomValues(new Uint8Array(60_000)));
    await Bun.write(path, Buffer.concat(random));
    const blob = { sha256: "a".repeat(64), sizeBytes: Bun.file(path).size, path };
    expect(await rejectionOf(compressedBlob(cache, blob))).toMatchObject(noSpace(cache));
    expect(await readdir(join(cache.dir, "temp"))).toEqual([]);
    expect(await readdir(join(cache.dir, "blobs/zstd"))).toEqual([]);
  });
});
