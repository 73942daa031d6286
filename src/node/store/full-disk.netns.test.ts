import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Disk } from "../../machine/mod.ts";
import { mount, unmount } from "../../sys/mod.ts";
import { fileOf } from "../testing/fake-node.ts";
import { Store } from "./store.ts";

/** Room for the 16 MiB that are always kept free, one small blob, and not much more. */
const DISK_BYTES = 20 * 1024 * 1024;

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-full-"));
  mount({ source: "tmpfs", target: root, type: "tmpfs", data: `size=${DISK_BYTES}` });
  mkdirSync(join(root, "var/lib"), { recursive: true });
});
afterAll(() => {
  unmount(root);
  rmSync(root, { recursive: true });
});

function identity(content: string) {
  const file = fileOf("/etc/big", content);
  return {
    file,
    params: {
      digest: file.digest,
      sizeBytes: file.sizeBytes,
      encoding: "identity" as const,
      offset: 0,
      chunks: 1,
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing was thrown",
    (thrown: unknown) => thrown,
  );
}

describe("a disk that is really full", () => {
  test("is noticed before anything is sent", async () => {
    const store = await Store.open(new Disk(root));
    const { params } = identity("x".repeat(8 * 1024 * 1024));
    expect(await failure(store.blobs.receive(params))).toMatchObject({
      kind: "no-space",
      message: expect.stringMatching(
        /^Cannot write "\/var\/lib\/nodewright\/blobs\/[0-9a-f]{64}": the disk is full: 2516\d+ bytes are needed, \d+ are free$/,
      ),
    });
  });

  test("that fills up while a blob comes gives back what the part took", async () => {
    const store = await Store.open(new Disk(root));
    const { params, file } = identity("y".repeat(2 * 1024 * 1024));
    const receiver = await store.blobs.receive(params);
    await receiver.write(Buffer.from(file.content.slice(0, 1000)));
    const { bavail, bsize } = statfsSync(root);
    writeFileSync(join(root, "other"), new Uint8Array(bavail * bsize));
    const error = await failure(receiver.write(Buffer.from(file.content.slice(1000))));
    expect(error).toMatchObject({
      kind: "no-space",
      fix: expect.stringContaining("run the same again"),
    });
    expect(await store.blobs.missing(file.digest)).toEqual({
      digest: file.digest,
      receivedBytes: 0,
    });
    rmSync(join(root, "other"));
  });

  test("leaves the old file whole when a new one has no room", async () => {
    const disk = new Disk(root);
    const store = await Store.open(disk);
    const { params, file } = identity("z".repeat(1024 * 1024));
    const receiver = await store.blobs.receive(params);
    await receiver.write(Buffer.from(file.content));
    await receiver.finish();
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/big"), "old");
    const { bavail, bsize } = statfsSync(root);
    writeFileSync(join(root, "other"), new Uint8Array(bavail * bsize));
    expect(await failure(store.blobs.install(file))).toMatchObject({ kind: "no-space" });
    expect(await disk.readText("/etc/big")).toBe("old");
    expect(await disk.list("/etc")).toEqual(["big"]);
    rmSync(join(root, "other"));
    await store.blobs.install(file);
    expect(await disk.readText("/etc/big")).toBe(file.content);
  });
});
