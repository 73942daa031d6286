import { isLoopback } from "./proxy.ts";
import { readSmall } from "./read-small.ts";
import type { HttpContext } from "./request.ts";

const FIX = "Check the network and the proxy; or write sha256:HEX behind the URL";

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
    const text = await readSmall(context, place, FIX);
    const found = text === undefined ? undefined : checksumIn(text, fileName);
    if (found !== undefined) return found;
  }
  return undefined;
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
