import { isAbsolute, normalize } from "node:path";
import type { Problem } from "../../base/mod.ts";
import { type Arch, archOfName } from "../arch.ts";
import { COMPONENT_SPECS, type Component } from "../component.ts";
import { parseMinisignKey } from "../signature/minisign.ts";

/** One line of a download list. */
export interface ListedUrl {
  readonly url: string;
  /** Last part of its path. */
  readonly fileName: string;
  /** From `sha256:HEX` behind the URL. */
  readonly sha256?: string;
  /** From `minisign:KEY` or `cosign:FILE` behind the URL. */
  readonly signed?: Signed;
  readonly line: number;
}

/** The signature that a file must have besides its checksum. */
export interface Signed {
  /** The key itself (minisign), or a PEM file of the cluster directory (cosign). */
  readonly key: { readonly minisign: string } | { readonly cosign: string };
  /** Where the signature is: beside the file, or where `signature:URL` says. */
  readonly url: string;
}

/**
 * Parses a list like the origin's downloads-amd64.txt: a URL a line, behind it `sha256:HEX`,
 * `minisign:KEY` or `cosign:FILE`, and `signature:URL`, each optional; `#` begins a comment. Every malformed line is a problem with its place.
 */
export function parseUrlList(
  text: string,
  file: string,
): { urls: readonly ListedUrl[]; problems: readonly Problem[] } {
  const urls: ListedUrl[] = [];
  const problems: Problem[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const comment = /(?:^|\s)#/.exec(raw);
    const words = raw
      .slice(0, comment?.index ?? raw.length)
      .trim()
      .split(/\s+/);
    if (words[0] === "" || words[0] === undefined) continue;
    const parsed = parseLine(words[0], words.slice(1), index + 1);
    if (typeof parsed !== "string") {
      urls.push(parsed);
      continue;
    }
    const shown = raw
      .trim()
      .replace(/\/\/[^/@\s]*@/, "//***@")
      .slice(0, 200);
    problems.push({
      code: "bad-download-line",
      severity: "error",
      message: `Cannot read a line of the download list, ${parsed}: "${shown}"`,
      locations: [{ file, line: index + 1, column: raw.search(/\S/) + 1 }],
      fix: "Write one URL a line, behind it sha256:HEX, and minisign:KEY or cosign:FILE where the publisher signs",
    });
  }
  return { urls, problems };
}

function parseLine(url: string, rest: readonly string[], line: number): ListedUrl | string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return "it does not begin with an http or https URL";
  }
  if (parsed.username !== "" || parsed.password !== "") {
    return "the URL carries a name or a password, which would show in messages and in the lock";
  }
  const fileName = fileNameOf(parsed.pathname);
  if (fileName === undefined) return "the URL has a % that no two hex digits follow";
  if (fileName === "") return "the URL names no file";
  const words = parseWords(rest);
  if (typeof words === "string") return words;
  const sha256 = words.get("sha256")?.toLowerCase();
  const signed = signedOf(words, url);
  if (typeof signed === "string") return signed;
  return {
    url,
    fileName,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(signed === undefined ? {} : { signed }),
    line,
  };
}

/** What stands behind a URL, by its first word; a sentence part where it cannot be read. */
function parseWords(words: readonly string[]): ReadonlyMap<string, string> | string {
  const found = new Map<string, string>();
  for (const word of words) {
    const [, name = "", value = ""] = /^([a-z0-9]+):(.*)$/.exec(word) ?? [];
    if (found.has(name)) return `it has ${name}: twice`;
    if (!["sha256", "minisign", "cosign", "signature"].includes(name)) {
      return "behind the URL there is something else than sha256: and 64 hex digits, or a signature's key";
    }
    if (name === "sha256" && !/^[0-9a-fA-F]{64}$/.test(value)) {
      return "behind sha256: there are not 64 hex digits";
    }
    found.set(name, value);
  }
  return found;
}

/** Where each format has its signature by custom. */
const SUFFIX = { minisign: ".minisig", cosign: ".sigstore.json" } as const;

function signedOf(words: ReadonlyMap<string, string>, url: string): Signed | undefined | string {
  const [minisign, cosign] = [words.get("minisign"), words.get("cosign")];
  const place = words.get("signature");
  if (minisign === undefined && cosign === undefined) {
    return place === undefined ? undefined : "it has a signature: but no key (minisign:, cosign:)";
  }
  if (minisign !== undefined && cosign !== undefined) return "it has minisign: and cosign:";
  const suffix = minisign === undefined ? SUFFIX.cosign : SUFFIX.minisign;
  const at = URL.parse(place ?? "", url);
  if (at === null || !/^https?:$/.test(at.protocol) || at.username !== "" || at.password !== "") {
    return "behind signature: there is no http or https URL";
  }
  const from = place === undefined ? `${url}${suffix}` : at.href;
  if (minisign !== undefined) {
    const key = parseMinisignKey(minisign);
    return key.ok ? { key: { minisign }, url: from } : `its key is wrong, ${key.error}`;
  }
  if (cosign === undefined || !isInside(cosign)) {
    return "behind cosign: there is no file of the cluster directory";
  }
  return { key: { cosign }, url: from };
}

function isInside(path: string): boolean {
  return path !== "" && !isAbsolute(path) && normalize(path).split("/")[0] !== "..";
}

/** The last part of a path, decoded; undefined where it is no percent-encoded UTF-8 (RFC 3986 2.1). */
function fileNameOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
  } catch {
    return undefined;
  }
}

/** The entries of a list that hold a component for an architecture: its archive or its binary. */
export function urlsOf(
  urls: readonly ListedUrl[],
  component: Component,
  arch: Arch,
): { urls: readonly ListedUrl[]; otherArch: readonly ListedUrl[] } {
  const mine = urls.filter((entry) => COMPONENT_SPECS[component].upstreamName.test(entry.fileName));
  // dl.k8s.io has the architecture as a folder, the others have it in the file's name.
  const isOther = (entry: ListedUrl): boolean => {
    const found = archOfName(entry.fileName) ?? /\/linux\/([a-z0-9]+)\//.exec(entry.url)?.[1];
    return found !== undefined && found !== arch;
  };
  return { urls: mine.filter((e) => !isOther(e)), otherArch: mine.filter(isOther) };
}
