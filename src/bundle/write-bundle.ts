import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { constants, createZstdCompress } from "node:zlib";
import { tarEnd, tarFileHeader, tarPadding } from "../artifacts/mod.ts";
import { NodewrightError, VERSION } from "../base/mod.ts";
import { atomicWriteFile } from "../sys/mod.ts";
import { type BundleFile, formatManifest, MANIFEST_NAME } from "./manifest.ts";

const READ_BYTES = 1024 * 1024;
const LEVEL = 9;

/** A member that is to be written: bytes, or a file of this machine. */
export interface BundleSource extends BundleFile {
  readonly content: Uint8Array | { readonly localPath: string };
}

/** What a bundle is made of. */
export interface BundleContents {
  readonly arches: readonly string[];
  readonly sources: readonly BundleSource[];
}

/**
 * Writes a bundle: a tar archive compressed by zstd, whose first member says what the others are.
 * The same contents give the same bytes. It is written beside its place and renamed. Rejects where
 * a file changes meanwhile.
 */
export async function writeBundle(
  path: string,
  contents: BundleContents,
  signal: AbortSignal,
): Promise<void> {
  const plain = Readable.from(tarOf(contents, signal));
  const packed = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_checksumFlag]: 1,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    },
  });
  // Errors of the plain side have to reach the reader of the packed one.
  plain.on("error", (error) => packed.destroy(error));
  plain.pipe(packed);
  await atomicWriteFile(path, packed);
}

async function* tarOf(
  { arches, sources }: BundleContents,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const sorted = sources.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const files = sorted.map(({ path, sha256, sizeBytes, mode }) => ({
    path,
    sha256,
    sizeBytes,
    mode,
  }));
  const manifest = formatManifest({ nodewright: VERSION, arches, files });
  yield tarFileHeader({ path: MANIFEST_NAME, sizeBytes: manifest.length, mode: 0o644 });
  yield manifest;
  yield tarPadding(manifest.length);
  for (const source of sorted) {
    yield tarFileHeader(source);
    for await (const chunk of bytesOf(source)) {
      signal.throwIfAborted();
      yield chunk;
    }
    yield tarPadding(source.sizeBytes);
  }
  yield tarEnd();
}

async function* bytesOf({ content, sha256, sizeBytes }: BundleSource): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  const hash = new Bun.CryptoHasher("sha256");
  let read = 0;
  for await (const chunk of createReadStream(content.localPath, { highWaterMark: READ_BYTES })) {
    hash.update(chunk);
    read += chunk.length;
    if (read > sizeBytes) break;
    yield chunk;
  }
  if (read !== sizeBytes || hash.digest("hex") !== sha256) {
    throw new NodewrightError(
      "bundle",
      `Cannot write the bundle: "${content.localPath}" has changed while it was read`,
      { fix: "run the same command again" },
    );
  }
}
