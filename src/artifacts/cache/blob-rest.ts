import { open } from "node:fs/promises";
import { BLOCK_BYTES, type EncodedBlob } from "./compress.ts";

/** A block of a blob on its way. */
export interface BlobChunk {
  /** Encoded. */
  readonly bytes: Uint8Array;
  /** Bytes of the blob in it. */
  readonly plainBytes: number;
}

/** What is still to be sent of a blob. */
export interface BlobRest {
  /** Bytes of the blob that stay as they are. */
  readonly offset: number;
  /** Where that is in the encoded form. */
  readonly encodedOffset: number;
  readonly chunkCount: number;
  readonly chunks: AsyncIterable<BlobChunk>;
}

/**
 * The blocks of a blob (of `sizeBytes` bytes) that are not whole in the `receivedBytes` that an
 * earlier attempt has brought; all of them where those are more than there can be.
 */
export function blobRest(encoded: EncodedBlob, sizeBytes: number, receivedBytes: number): BlobRest {
  const first = receivedBytes > sizeBytes ? 0 : Math.floor(receivedBytes / BLOCK_BYTES);
  const encodedOffset = encoded.blocks.slice(0, first).reduce((sum, bytes) => sum + bytes, 0);
  return {
    offset: first * BLOCK_BYTES,
    encodedOffset,
    chunkCount: encoded.blocks.length - first,
    chunks: readChunks(encoded, { sizeBytes, first, encodedOffset }),
  };
}

async function* readChunks(
  { path, blocks }: EncodedBlob,
  { sizeBytes, first, encodedOffset }: { sizeBytes: number; first: number; encodedOffset: number },
): AsyncGenerator<BlobChunk> {
  await using file = await open(path, "r");
  let at = encodedOffset;
  for (let i = first; i < blocks.length; i++) {
    const bytes = new Uint8Array(blocks[i] ?? 0);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    at += bytes.length;
    // A file that was cut is sent as it is: the node finds the blob damaged.
    yield {
      bytes: bytes.subarray(0, bytesRead),
      plainBytes: Math.min(BLOCK_BYTES, sizeBytes - i * BLOCK_BYTES),
    };
  }
}
