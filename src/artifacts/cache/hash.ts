import { createHash } from "node:crypto";
import { streamUserFile } from "../../sys/mod.ts";

/** A file's content by its digest. */
export interface Blob {
  /** SHA-256, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The digest of a file's bytes; reads all of it. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<Blob> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of await streamUserFile(path)) {
    signal?.throwIfAborted();
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}
