import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TempDir } from "../testing/mod.ts";
import { compressedBlob } from "./compress.ts";
import { patchOf } from "./patch.ts";
import { ArtifactCache } from "./store.ts";

/** A file of some size that does not compress well. */
async function executable(dir: TempDir, name: string, change = "") {
  const path = join(dir.path, name);
  const bytes = Buffer.alloc(600_000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> (i % 13);
  bytes.write(change, 300_000);
  await writeFile(path, bytes);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return { path, sha256, sizeBytes: bytes.length };
}

test("patchOf() makes the new file of the old one, and is a fraction of it", async () => {
  await using dir = await TempDir.make();
  const cache = await ArtifactCache.open(join(dir.path, "cache"), { nowMs: 0 });
  const old = await executable(dir, "old");
  const now = await executable(dir, "now", "another version");
  expect(await patchOf(cache, old.sha256, now)).toBeUndefined();
  await compressedBlob(cache, old);
  const patch = await patchOf(cache, old.sha256, now);
  expect(patch?.sizeBytes).toBeLessThan(5_000);
  const made = Bun.spawnSync([
    ...["zstd", "-dcq", "--long=31", `--patch-from=${old.path}`, patch?.path ?? ""],
  ]);
  expect(new Bun.CryptoHasher("sha256").update(made.stdout).digest("hex")).toBe(now.sha256);
  expect(await patchOf(cache, old.sha256, now)).toEqual(patch);
});

test("patchOf() makes none of a form that is damaged", async () => {
  await using dir = await TempDir.make();
  const cache = await ArtifactCache.open(join(dir.path, "cache"), { nowMs: 0 });
  const old = await executable(dir, "old");
  const encoded = await compressedBlob(cache, old);
  await writeFile(encoded.path, "not zstd");
  expect(await patchOf(cache, old.sha256, await executable(dir, "now", "x"))).toBeUndefined();
});
