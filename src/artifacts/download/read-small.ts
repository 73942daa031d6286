import { concatBytes } from "../../base/mod.ts";
import { ArtifactError } from "../errors.ts";
import { get, type HttpContext } from "./request.ts";
import { toTransient } from "./transient.ts";
import { Watchdog } from "./watchdog.ts";

const MAX_BYTES = 64 * 1024;
const TRIES = 3;

/**
 * A small text (64 KiB at most); undefined where the server says that there is none. Rejects with
 * kind `download`, and this fix, where the server is out of reach.
 */
export async function readSmall(
  context: HttpContext,
  url: string,
  fix: string,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      using watchdog = new Watchdog(context.idleTimeoutMs, context.signal);
      const response = await get(context, url, { headers: {}, watchdog });
      if (Number(response.headers.get("content-length") ?? 0) > MAX_BYTES) {
        return undefined;
      }
      return await readUpTo(response, MAX_BYTES);
    } catch (thrown) {
      context.signal?.throwIfAborted();
      if (thrown instanceof ArtifactError) return undefined;
      const failure = toTransient(thrown);
      if (tries < TRIES) continue;
      // Out of reach is not the same as not there: the file itself would not come either.
      throw new ArtifactError("download", `Cannot download ${url}: ${failure.message}`, {
        fix,
        cause: failure,
      });
    }
  }
}

/** Undefined where there is more: no checksum file is so long, and the rest of an endless one never ends. */
async function readUpTo(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    // Leaving the loop cancels the body.
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(concatBytes(...chunks));
}
