import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FileLock } from "../../sys/mod.ts";
import { describeKind, inspectFile } from "../binary/inspect.ts";
import { type Blob, hashFile } from "../cache/hash.ts";
import { checksumError } from "../cache/store.ts";
import { ArtifactError } from "../errors.ts";
import { type DownloadContext, Transfer } from "./transfer.ts";

const LOCK_TIMEOUT_MS = 60 * 60 * 1000;

/**
 * Downloads a URL into the cache, going on where an earlier attempt ended (Range with
 * If-Range), and gives its digest. With `expected` other bytes are refused (kind `checksum`).
 * Only a whole file gets a place under its digest; an unfinished one waits in partial/ under
 * its URL's. Rejects with kind `download` after several fruitless attempts.
 */
export async function download(
  context: DownloadContext,
  url: string,
  expected?: string,
): Promise<Blob> {
  const key = createHash("sha256").update(url).digest("hex");
  const path = join(context.cache.dir, "partial", key);
  using _lock = await FileLock.acquire(`${path}.lock`, {
    clock: context.clock,
    timeoutMs: LOCK_TIMEOUT_MS,
    holder: "nodewright download",
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  // Another process may have finished it while this one waited.
  if (expected !== undefined && (await context.cache.has(expected))) {
    return context.cache.memo.digest(context.cache.blobPath(expected));
  }
  const transfer = new Transfer(context, { url, path, canTrustBytes: expected !== undefined });
  const isResumed = await transfer.begin();
  for (let isSecond = false; ; isSecond = true) {
    await transfer.run();
    const blob = await hashFile(path, context.signal);
    if (expected === undefined) await refuseError(url, path);
    if (expected === undefined || blob.sha256 === expected) {
      await transfer.finish(blob);
      return blob;
    }
    const failure = await wrongBytes(url, path, { expected, actual: blob.sha256 });
    await transfer.restart();
    // What was joined from two attempts may not belong together: once more, from the start.
    if (isSecond || !(isResumed || transfer.wasResumed)) {
      await transfer.discard();
      throw failure;
    }
  }
}

async function refuseError(url: string, path: string): Promise<void> {
  const found = await inspectFile(path);
  if (found.kind !== "html" && found.kind !== "empty") return;
  await rm(path, { force: true });
  throw new ArtifactError("download", `Refused ${url}, it is ${describeKind(found)}`, {
    fix: "Open the URL by hand; correct it in the list, or pass the proxy's login page",
  });
}

async function wrongBytes(
  url: string,
  path: string,
  digests: { expected: string; actual: string },
): Promise<ArtifactError> {
  const found = await inspectFile(path);
  const what = found.kind === "html" || found.kind === "empty" ? ` (${describeKind(found)})` : "";
  return checksumError(url + what, digests.expected, digests.actual);
}
