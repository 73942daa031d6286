import { concatBytes } from "../../base/mod.ts";
import { ArtifactError } from "../errors.ts";
import { isLoopback } from "./proxy.ts";
import { get, type HttpContext } from "./request.ts";
import { toTransient } from "./transient.ts";
import { Watchdog } from "./watchdog.ts";

const MAX_BYTES = 64 * 1024;
const TRIES = 3;

/**
 * The SHA-256 that a publisher puts beside a file: URL.sha256, URL.sha256sum, or a list of
 * them in the folder (runc.sha256sum, SHA256SUMS). Undefined where there is none. Asked for
 * over https alone (or from loopback): over http whoever changes the file changes this too.
 */
export async function publishedChecksum(
  context: HttpContext,
  url: string,
): Promise<string | undefined> {
  const target = new URL(url);
  if (target.protocol !== "https:" && !isLoopback(target.hostname)) return undefined;
  const folder = url.slice(0, url.lastIndexOf("/"));
  const fileName = decodeURIComponent(url.slice(folder.length + 1));
  const program = fileName.replace(/\..*$/, "");
  const places = [
    `${url}.sha256`,
    `${url}.sha256sum`,
    ...(program === fileName ? [] : [`${folder}/${program}.sha256sum`]),
    `${folder}/SHA256SUMS`,
  ];
  for (const place of places) {
    const text = await readSmall(context, place);
    const found = text === undefined ? undefined : checksumIn(text, fileName);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A small text; undefined where the server says that there is none. */
async function readSmall(context: HttpContext, url: string): Promise<string | undefined> {
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
        fix: "Check the network and the proxy; or write sha256:HEX behind the URL",
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

/** The digest of a file in a checksum file: alone, `HEX  NAME`, `HEX *NAME` or `SHA256 (NAME) = HEX`. */
export function checksumIn(text: string, fileName: string): string | undefined {
  const alone = /^\s*([0-9a-fA-F]{64})\s*$/.exec(text)?.[1];
  if (alone !== undefined) return alone.toLowerCase();
  for (const line of text.split(/\r?\n/)) {
    const gnu = /^([0-9a-fA-F]{64})\s+\*?(.+?)\s*$/.exec(line);
    const bsd = /^SHA256 \((.+)\) = ([0-9a-fA-F]{64})\s*$/.exec(line);
    const name = gnu?.[2] ?? bsd?.[1];
    const digest = gnu?.[1] ?? bsd?.[2];
    if (name !== undefined && name.slice(name.lastIndexOf("/") + 1) === fileName) {
      return digest?.toLowerCase();
    }
  }
  return undefined;
}
