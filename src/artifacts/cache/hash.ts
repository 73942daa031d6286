import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

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
  const chunks: AsyncIterable<Buffer> = createReadStream(path, {
    highWaterMark: 1024 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}
