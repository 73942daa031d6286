import type { BlobRest } from "../../artifacts/mod.ts";
import { NodewrightError } from "../../base/mod.ts";
import type { Digest, MissingBlob } from "../../plan/mod.ts";
import type { RenderedNode } from "../render/mod.ts";
import type { ApplyPorts, SendableBlob } from "./ports.ts";
import type { NodeSession } from "./session.ts";

/** Blobs that the node may still be decoding while the next one is on its way. */
const IN_FLIGHT = 3;

interface OutgoingBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly encoded: SendableBlob;
  /** Bytes of it that an earlier attempt has brought. */
  readonly receivedBytes: number;
}

/**
 * Sends what the node does not have, each blob from where an earlier attempt ended. A part that
 * turns out to be damaged is sent once more from its start. `onBytes` is told of bytes of the
 * files themselves, not of their encoded form.
 */
export async function sendBlobs(
  session: NodeSession,
  missing: readonly MissingBlob[],
  rendered: RenderedNode,
  ports: ApplyPorts,
  onBytes: (sentBytes: number, totalBytes: number) => void,
): Promise<void> {
  const blobs = await Promise.all(missing.map((blob) => outgoing(blob, rendered, ports)));
  const total = blobs.reduce((sum, blob) => sum + blob.sizeBytes - restOf(blob).offset, 0);
  let sent = 0;
  const onSent = (bytes: number): void => {
    sent += bytes;
    onBytes(sent, total);
  };
  const answers: Promise<OutgoingBlob | undefined>[] = [];
  for (const blob of blobs) {
    const { stored } = await put(session, blob, onSent);
    const answer = stored.then(() => undefined, isDamaged(blob));
    // Awaited below; until then a rejection is not unhandled.
    answer.catch(() => {});
    answers.push(answer);
    await answers.at(-IN_FLIGHT);
  }
  const damaged = (await Promise.all(answers)).filter((blob) => blob !== undefined);
  for (const blob of damaged) {
    const { stored } = await put(session, { ...blob, receivedBytes: 0 }, () => {});
    await stored;
  }
}

async function outgoing(
  { digest, receivedBytes }: MissingBlob,
  rendered: RenderedNode,
  ports: ApplyPorts,
): Promise<OutgoingBlob> {
  const content = rendered.contents.get(digest);
  const file = rendered.desired.files.find((candidate) => candidate.digest === digest);
  if (content === undefined || file === undefined) {
    throw new NodewrightError("internal", `Cannot send a blob that was not rendered: ${digest}`);
  }
  const encoded = await ports.encode(digest, content);
  return { digest, sizeBytes: file.sizeBytes, encoded, receivedBytes };
}

function restOf({ encoded, receivedBytes }: OutgoingBlob): BlobRest {
  return encoded.rest(receivedBytes);
}

/** Writes a blob; `stored` is the node's word that it has it. */
function put(
  session: NodeSession,
  blob: OutgoingBlob,
  onSent: (bytes: number) => void,
): Promise<{ readonly stored: Promise<void> }> {
  const { digest, sizeBytes } = blob;
  const { encoding } = blob.encoded;
  const { offset, chunkCount, chunks } = restOf(blob);
  return session.putBlob(
    { digest, sizeBytes, encoding, offset, chunks: chunkCount },
    chunks,
    onSent,
  );
}

/** A blob that went on from a part that was not good is sent anew; everything else is an error. */
function isDamaged(blob: OutgoingBlob): (thrown: unknown) => OutgoingBlob {
  return (thrown) => {
    const isPart =
      thrown instanceof NodewrightError && ["blob-damaged", "offset"].includes(thrown.kind);
    if (isPart && restOf(blob).offset > 0) return blob;
    throw thrown;
  };
}
