import { NodewrightError } from "../../base/mod.ts";
import type { DesiredNode, Digest, MissingBlob } from "../plan/mod.ts";
import type { ApplyPorts, RenderedNode } from "./ports.ts";
import type { NodeSession } from "./session.ts";

/** Sends what the node does not have, each blob from where an earlier attempt ended. */
export async function sendBlobs(
  session: NodeSession,
  missing: readonly MissingBlob[],
  rendered: RenderedNode,
  ports: ApplyPorts,
  onBytes: (sentBytes: number, totalBytes: number) => void,
): Promise<void> {
  const sizes = sizesByDigest(rendered.desired);
  const blobs = await Promise.all(
    missing.map(async ({ digest, receivedBytes }) => {
      const content = rendered.contents.get(digest);
      const sizeBytes = sizes.get(digest);
      if (content === undefined || sizeBytes === undefined) {
        throw new NodewrightError(
          "internal",
          `Cannot send a blob that was not rendered: ${digest}`,
        );
      }
      const encoded = await ports.encode(digest, content);
      // A part longer than the whole was made by another encoder: start anew.
      const offset = receivedBytes < encoded.encodedBytes ? receivedBytes : 0;
      return { digest, sizeBytes, encoded, offset };
    }),
  );
  const total = blobs.reduce((sum, blob) => sum + blob.encoded.encodedBytes - blob.offset, 0);
  let sent = 0;
  for (const { digest, sizeBytes, encoded, offset } of blobs) {
    const { encoding, encodedBytes } = encoded;
    await session.putBlob(
      { digest, sizeBytes, encoding, encodedBytes, offset },
      encoded.open(offset),
      (bytes) => {
        sent += bytes;
        onBytes(sent, total);
      },
    );
  }
}

function sizesByDigest(desired: DesiredNode): ReadonlyMap<Digest, number> {
  return new Map(desired.files.map((file) => [file.digest, file.sizeBytes]));
}
