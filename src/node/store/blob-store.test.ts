import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import type { NodeContext } from "../node-context.ts";
import { FakeNode, fileOf } from "../testing/fake-node.ts";
import type { PutBlobParams } from "./blob-receiver.ts";

const CONTENT = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join("");
const FILE = fileOf("/usr/local/bin/tool", CONTENT, 0o755);
const BLOB = `/var/lib/nodewright/blobs/${FILE.digest}`;
const HALF = CONTENT.length / 2;
/** The content in two chunks, each encoded by itself. */
const ZSTD = [CONTENT.slice(0, HALF), CONTENT.slice(HALF)].map((part) =>
  Bun.zstdCompressSync(part),
);
const [FIRST = new Uint8Array(), SECOND = new Uint8Array()] = ZSTD;

function params(change: Partial<PutBlobParams> = {}): PutBlobParams {
  return {
    digest: FILE.digest,
    sizeBytes: FILE.sizeBytes,
    encoding: "zstd",
    offset: 0,
    chunks: ZSTD.length,
    ...change,
  };
}

async function put(
  node: NodeContext,
  p: PutBlobParams,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const receiver = await node.store.blobs.receive(p);
  try {
    for (const chunk of chunks) await receiver.write(chunk);
    expect(receiver.awaitedChunks).toBe(p.chunks - chunks.length);
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
  test.each<{ name: string; p: PutBlobParams; chunks: readonly Uint8Array[] }>([
    { name: "zstd", p: params(), chunks: ZSTD },
    {
      name: "identity",
      p: params({ encoding: "identity", chunks: 1 }),
      chunks: [Buffer.from(CONTENT)],
    },
  ])("takes a blob in encoding $name", async ({ p, chunks }) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await put(node, p, chunks);
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
    await receiver.write(FIRST);
    await receiver.close();
    const second = await fake.boot();
    expect(await second.store.blobs.missing(FILE.digest)).toEqual({
      digest: FILE.digest,
      receivedBytes: HALF,
    });
    await put(second, params({ offset: HALF, chunks: 1 }), [SECOND]);
    expect(fake.read(BLOB)).toBe(CONTENT);
  });

  test("goes on within what has arrived: the sender's blocks are not the disk's", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const receiver = await node.store.blobs.receive(params());
    for (const chunk of ZSTD) await receiver.write(chunk);
    await receiver.close();
    await put(node, params({ offset: HALF, chunks: 1 }), [SECOND]);
    expect(fake.read(BLOB)).toBe(CONTENT);
  });

  test("refuses a whole whose first part was damaged on the disk, and keeps nothing of it", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    fake.write(`${BLOB}.partial`, CONTENT.slice(0, HALF).replace("line 7", "line 8"));
    const resumed = put(node, params({ offset: HALF, chunks: 1 }), [SECOND]);
    expect(await failure(resumed)).toMatchObject({ kind: "blob-damaged" });
    expect((await node.store.blobs.missing(FILE.digest)).receivedBytes).toBe(0);
  });

  test("begins again where the sender wants to", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const receiver = await node.store.blobs.receive(params());
    await receiver.write(Bun.zstdCompressSync(new Uint8Array(9000)));
    await receiver.close();
    await put(node, params(), ZSTD);
    expect(fake.read(BLOB)).toBe(CONTENT);
  });

  test("does not go on where less has arrived than the sender believes", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    expect(await failure(put(node, params({ offset: 10 }), ZSTD))).toMatchObject({
      kind: "offset",
    });
  });

  const zstd = (text: string) => [Bun.zstdCompressSync(text)];
  test.each<{ name: string; chunks: readonly Uint8Array[]; message: string }>([
    {
      name: "bytes that are no zstd",
      chunks: [new Uint8Array(500).fill(7)],
      message: "cannot be decoded",
    },
    {
      name: "a chunk that was cut",
      chunks: [FIRST, SECOND.subarray(0, SECOND.length - 10)],
      message: "its size is",
    },
    { name: "a part of the content", chunks: [FIRST], message: "its size is" },
    {
      name: "another content",
      chunks: zstd(CONTENT.replace("line 7", "line 8")),
      message: "its SHA-256 is",
    },
    {
      name: "a content that is longer than announced",
      chunks: zstd(`${CONTENT}x`),
      message: "longer than",
    },
    {
      name: "a chunk that decodes to more than a chunk may hold",
      chunks: zstd("x".repeat(2 ** 21)),
      message: "cannot be decoded",
    },
  ])("refuses $name, and keeps nothing of it", async ({ chunks, message }) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const error = await failure(put(node, params({ chunks: chunks.length }), chunks));
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

  test("refuses at once what the disk has no room for, with the numbers", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const p = params({ sizeBytes: 2 ** 50 });
    expect(await failure(node.store.blobs.receive(p))).toMatchObject({
      kind: "no-space",
      message: expect.stringMatching(/112\d+ bytes are needed, \d+ are free/),
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

  test("security 15: the executable that was sent is a content like a blob, but only ever copied", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    fake.write(`/var/lib/nodewright/bin/${FILE.digest}`, CONTENT, 0o755);
    expect(await node.store.blobs.has(FILE.digest)).toBe(true);
    fake.write("/opt/cni/bin/other", "");
    for (const path of ["/opt/cni/bin/bridge", "/opt/cni/bin/vlan"]) {
      await node.store.blobs.install({ ...FILE, path });
      expect(fake.read(path)).toBe(CONTENT);
    }
    const inode = (path: string): number => statSync(fake.disk.at(path)).ino;
    expect(inode("/opt/cni/bin/bridge")).toBe(inode("/opt/cni/bin/vlan"));
    const executable = `/var/lib/nodewright/bin/${FILE.digest}`;
    expect(inode("/opt/cni/bin/bridge")).not.toBe(inode(executable));
    writeFileSync(fake.disk.at("/opt/cni/bin/bridge"), "another program");
    expect(fake.read(executable)).toBe(CONTENT);
    await node.store.blobs.install({ ...FILE, path: "/opt/cni/bin/bridge" });
    expect(fake.read("/opt/cni/bin/bridge")).toBe(CONTENT);
    expect(existsSync(fake.disk.at(BLOB))).toBe(false);
    expect(await node.store.blobs.keep("/opt/cni/bin/bridge", FILE.digest)).toBe(true);
    expect(existsSync(fake.disk.at(BLOB))).toBe(true);
  });

  test("an executable with other bytes than its name says is none of these contents", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    fake.write(`/var/lib/nodewright/bin/${FILE.digest}`, "damaged", 0o755);
    expect(await node.store.blobs.has(FILE.digest)).toBe(false);
  });
});
