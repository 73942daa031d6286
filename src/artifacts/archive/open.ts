import { createGunzip } from "node:zlib";
import { messageOf } from "../../base/mod.ts";
import { streamUserFile } from "../../sys/mod.ts";
import { ArtifactError } from "../errors.ts";
import { readTar, type TarMember } from "./tar.ts";

/** True for the names of archives that can be looked into. */
export function isArchiveName(name: string): boolean {
  return /\.(?:tar\.gz|tgz)$/.test(name);
}

/** The members of a .tar.gz file. Rejects with kind `archive` where it is damaged or cut off, and with the signal's reason. */
export async function* readArchive(
  path: string,
  label: string,
  signal?: AbortSignal,
): AsyncGenerator<TarMember> {
  yield* readTar(untilAborted(inflate(path, label), signal), label);
}

/** The chunks up to an interruption, which no member has to end for: one can be hundreds of megabytes. */
async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

/** The inflated bytes; errors are named here, because they reach whoever reads a member. */
async function* inflate(path: string, label: string): AsyncGenerator<Uint8Array> {
  const file = await streamUserFile(path);
  const gunzip = createGunzip();
  // Errors of the file have to reach the reader of the inflated side.
  file.on("error", (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  try {
    yield* gunzip;
  } catch (thrown) {
    const text = messageOf(thrown);
    throw new ArtifactError("archive", `Cannot unpack the archive "${label}": ${text}`, {
      fix: "Fetch the archive again: it is cut off, or it is not gzip",
      cause: thrown,
    });
  } finally {
    if ("destroy" in file && typeof file.destroy === "function") file.destroy();
    gunzip.destroy();
  }
}
