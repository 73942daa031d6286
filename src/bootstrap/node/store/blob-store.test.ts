import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import type { NodeContext } from "../node-context.ts";
import { FakeNode, fileOf } from "../testing/fake-node.ts";
import type { PutBlobParams } from "./blob-store.ts";

const CONTENT = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join("");
const FILE = fileOf("/usr/local/bin/tool", CONTENT, 0o755);
const BLOB = `/var/lib/nodewright/blobs/${FILE.digest}`;
const ZSTD = Bun.zstdCompressSync(CONTENT);

function params(change: Partial<PutBlobParams> = {}): PutBlobParams {
  return {
    digest: FILE.digest,
    sizeBytes: FILE.sizeBytes,
    encoding: "zstd",
    encodedBytes: ZSTD.length,
    offset: 0,
    ...change,
  };
}

async function put(node: NodeContext, p: PutBlobParams, bytes: Uint8Array): Promise<void> {
  const receiver = await node.store.blobs.receive(p);
  try {
    for (let at = 0; at < bytes.length; at += 1000)
      await receiver.write(bytes.subarray(at, at + 1000));
    await receiver.finish();
  } finally {
    await receiver.close();
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing was thrown",
    (thrown: unknown) => thrown,
  );
}

describe("BlobStore", () => {
  test.each<{ name: string; p: PutBlobParams; bytes: Uint8Array }>([
    { name: "zstd", p: params(), bytes: ZSTD },
    {
      name: "identity",
      p: params({ encoding: "identity", encodedBytes: FILE.sizeBytes }),
      bytes: Buffer.from(CONTENT),
    },
  ])("takes a blob in encoding $name", async ({ p, bytes }) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await put(node, p, bytes);
    expect(await node.store.blobs.has(FILE.digest)).toBe(true);
    expect(fake.read(BLOB)).toBe(CONTENT);
    expect(
      Object.keys(fake.tree({ memory: true })).filter((path) => path.includes("partial")),
    ).toEqual([]);
  });

  test("goes on where an earlier session was cut off", async () => {
    using fake = new FakeNode();
    const first = await fake.boot();
    const receiver = await first.store.blobs.receive(params());
    await receiver.write(ZSTD.subarray(0, 5000));
    await receiver.close();
    const second = await fake.boot();
    expect(await second.store.blobs.missing(FILE.digest)).toEqual({
      digest: FILE.digest,
      receivedBytes: 5000,
      encoding: "zstd",
    });
    await put(second, params({ offset: 5000 }), ZSTD.subarray(5000));
    expect(fake.read(BLOB)).toBe(CONTENT);
  });

  test("begins again where the sender wants to", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const receiver = await node.store.blobs.receive(params());
    await receiver.write(new Uint8Array(9000));
    await receiver.close();
    await put(node, params(), ZSTD);
    expect(fake.read(BLOB)).toBe(CONTENT);
  });

  test("does not go on where less has arrived than the sender believes", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    expect(await failure(put(node, params({ offset: 10 }), ZSTD.subarray(10)))).toMatchObject({
      kind: "offset",
    });
  });

  const other = Bun.zstdCompressSync(CONTENT.replace("line 7", "line 8"));
  const long = Bun.zstdCompressSync(CONTENT.repeat(100));
  test.each<{ name: string; bytes: Uint8Array; message: string }>([
    {
      name: "bytes that are no zstd",
      bytes: new Uint8Array(500).fill(7),
      message: "no whole zstd stream",
    },
    {
      name: "a stream that was cut",
      bytes: ZSTD.subarray(0, ZSTD.length - 10),
      message: "its size is",
    },
    { name: "another content", bytes: other, message: "its SHA-256 is" },
    { name: "a content that is longer than announced", bytes: long, message: "longer than" },
  ])("refuses $name, and keeps nothing of it", async ({ bytes, message }) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const error = await failure(put(node, params({ encodedBytes: bytes.length }), bytes));
    expect(error).toMatchObject({
      kind: "blob-damaged",
      message: expect.stringContaining(message),
    });
    expect(await node.store.blobs.has(FILE.digest)).toBe(false);
    expect(await node.store.blobs.missing(FILE.digest)).toEqual({
      digest: FILE.digest,
      receivedBytes: 0,
    });
  });

  test("refuses more bytes than were announced", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const receiver = await node.store.blobs.receive(params({ encodedBytes: 10 }));
    expect(await failure(receiver.write(new Uint8Array(11)))).toMatchObject({ kind: "protocol" });
    await receiver.close();
  });

  test("refuses at once what the disk has no room for, with the numbers", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const p = params({ sizeBytes: 2 ** 50, encodedBytes: 2 ** 49 });
    expect(await failure(node.store.blobs.receive(p))).toMatchObject({
      kind: "no-space",
      message: expect.stringMatching(/168\d+ bytes are needed, \d+ are free/),
    });
  });

  test("links a large executable, copies what is small or of another mode", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await put(node, params(), ZSTD);
    fake.write("/usr/local/bin/x", "");
    await node.store.blobs.install(FILE);
    await node.store.blobs.install({ ...FILE, path: "/usr/local/bin/private", mode: 0o700 });
    await node.store.blobs.install({ ...FILE, path: "/etc/text", mode: 0o644 });
    const inode = (path: string) => statSync(fake.disk.at(path)).ino;
    expect(inode(FILE.path)).toBe(inode(BLOB));
    expect(inode("/usr/local/bin/private")).not.toBe(inode(BLOB));
    expect(inode("/etc/text")).not.toBe(inode(BLOB));
    const mode = (path: string) => statSync(fake.disk.at(path)).mode & 0o7777;
    expect([FILE.path, "/usr/local/bin/private", "/etc/text"].map(mode)).toEqual([
      0o755, 0o700, 0o644,
    ]);
  });

  test("notices a blob that was changed through the file that shares it", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await put(node, params(), ZSTD);
    fake.write("/usr/local/bin/x", "");
    await node.store.blobs.install(FILE);
    writeFileSync(fake.disk.at(FILE.path), CONTENT.replace("line 7", "line 8"));
    expect(await node.store.blobs.has(FILE.digest)).toBe(false);
    expect(existsSync(fake.disk.at(BLOB))).toBe(false);
    expect(await failure(node.store.blobs.install(FILE))).toMatchObject({ kind: "missing-blob" });
  });

  test("keeps what is replaced, and collects what nobody needs", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    fake.write("/usr/local/bin/tool", CONTENT, 0o755);
    chmodSync(fake.disk.at("/usr/local/bin/tool"), 0o755);
    expect(await node.store.blobs.keep("/usr/local/bin/tool", FILE.digest)).toBe(true);
    expect(await node.store.blobs.keep("/usr/local/bin/tool", "0".repeat(64))).toBe(false);
    expect(fake.read(BLOB)).toBe(CONTENT);
    await node.store.blobs.collect(new Set([FILE.digest]));
    expect(fake.read(BLOB)).toBe(CONTENT);
    await node.store.blobs.collect(new Set());
    expect(fake.read(BLOB)).toBeUndefined();
    expect(fake.read("/usr/local/bin/tool")).toBe(CONTENT);
  });
});
