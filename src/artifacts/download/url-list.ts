import type { Problem } from "../../base/mod.ts";
import { type Arch, archOfName } from "../arch.ts";
import { COMPONENT_SPECS, type Component } from "../component.ts";

/** One line of a download list. */
export interface ListedUrl {
  readonly url: string;
  /** Last part of its path. */
  readonly fileName: string;
  /** From `sha256:HEX` behind the URL. */
  readonly sha256?: string;
  readonly line: number;
}

/**
 * Parses a list like the origin's downloads-amd64.txt: a URL a line, optionally `sha256:HEX`
 * behind it; `#` begins a comment. Every malformed line is a problem with its place.
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
      fix: "Write one URL a line, and sha256:HEX behind it where the publisher has one",
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
  if (rest.length === 0) return { url, fileName, line };
  const [word = "", ...more] = rest;
  const sha256 = /^sha256:([0-9a-fA-F]{64})$/.exec(word)?.[1]?.toLowerCase();
  if (sha256 === undefined || more.length > 0) {
    return "behind the URL there is something else than sha256: and 64 hex digits";
  }
  return { url, fileName, sha256, line };
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
