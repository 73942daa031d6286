import { join } from "node:path";
import { hasErrors, messageOf, ProblemsError } from "../../base/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import type { Arch } from "../arch.ts";
import { isArchiveName, readArchive } from "../archive/open.ts";
import { versionOfName } from "../binary/version.ts";
import type { ComponentSpec } from "../component.ts";
import { publishedChecksum } from "../download/checksum.ts";
import { download } from "../download/download.ts";
import type { DownloadContext } from "../download/transfer.ts";
import { type ListedUrl, parseUrlList, urlsOf } from "../download/url-list.ts";
import { ArtifactError, systemCode } from "../errors.ts";
import type { Candidate, Found, LockedOrigin } from "../types.ts";
import { extractComponent } from "./extract.ts";

/** What fetching from a list of URLs needs. */
export interface UpstreamContext {
  readonly clusterDir: string;
  readonly arch: Arch;
  /** Path of the list, relative to the cluster directory; absent: downloads-ARCH.txt. */
  readonly list?: string;
  readonly insecureNoChecksum: boolean;
  /** What the lock says: those digests are enforced. */
  readonly locked?: readonly LockedOrigin[];
  readonly http: DownloadContext;
  readonly note: (text: string) => void;
}

/**
 * A component's files from the URLs of a list. Every download has a checksum before it begins:
 * from the list, from the lock, or from the publisher's checksum file beside it. Without any,
 * it is refused, because a wrong binary would run as root on every node; insecureNoChecksum
 * takes the first bytes that come, and the lock then holds on to them.
 */
export async function findUpstream(context: UpstreamContext, spec: ComponentSpec): Promise<Found> {
  const { fileName, urls } = await readList(context);
  const mine = urlsOf(urls, spec.component, context.arch);
  if (mine.urls.length === 0) {
    const other = mine.otherArch.map((entry) => `line ${entry.line} is for another architecture`);
    throw new ArtifactError(
      "settings",
      `Cannot find a URL of ${spec.component} for ${context.arch} in "${fileName}"`,
      {
        ...(other.length === 0 ? {} : { detail: other.join("\n") }),
        fix: `Add the URL of its release file to ${fileName}`,
      },
    );
  }
  const candidates: Candidate[] = [];
  const origins: LockedOrigin[] = [];
  for (const entry of mine.urls) {
    const sha256 = await fetchFile(context, entry, fileName);
    origins.push({ from: entry.url, sha256 });
    candidates.push(...(await open(context, spec, { entry, sha256 })));
  }
  return { candidates, origins, notes: [] };
}

async function readList(
  context: UpstreamContext,
): Promise<{ fileName: string; urls: readonly ListedUrl[] }> {
  const fileName = context.list ?? `downloads-${context.arch}.txt`;
  let text: string;
  try {
    text = await readUserText(join(context.clusterDir, fileName));
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") {
      const why = messageOf(thrown);
      throw new ArtifactError("settings", `Cannot read "${fileName}": ${why}`, { cause: thrown });
    }
    throw new ArtifactError(
      "settings",
      `Cannot read the download list: "${fileName}" is not there`,
      {
        fix: `Write it into the cluster directory: a URL a line, with sha256:HEX behind it`,
        cause: thrown,
      },
    );
  }
  const { urls, problems } = parseUrlList(text, fileName);
  if (hasErrors(problems)) {
    throw new ProblemsError(`Cannot read the download list "${fileName}"`, problems);
  }
  return { fileName, urls };
}

async function fetchFile(
  context: UpstreamContext,
  entry: ListedUrl,
  fileName: string,
): Promise<string> {
  const locked = context.locked?.find((origin) => origin.from === entry.url)?.sha256;
  if (locked !== undefined && entry.sha256 !== undefined && locked !== entry.sha256) {
    throw new ArtifactError(
      "lock-mismatch",
      `Refused ${entry.url}, the lock has SHA-256 ${locked} and the list: ${entry.sha256}`,
      {
        locations: [{ file: fileName, line: entry.line, column: 1 }],
        fix: "Run nodewright artifacts --update where the list is right",
      },
    );
  }
  const expected = locked ?? entry.sha256 ?? (await publishedChecksum(context.http, entry.url));
  if (expected === undefined && !context.insecureNoChecksum) {
    throw new ArtifactError("checksum-missing", `Refused ${entry.url}: it has no checksum`, {
      locations: [{ file: fileName, line: entry.line, column: 1 }],
      fix: "Write sha256:HEX behind the URL; or set insecureNoChecksum: true to trust the first download",
    });
  }
  if (expected !== undefined && (await context.http.cache.has(expected))) return expected;
  context.note(`download ${entry.url}`);
  return (await download(context.http, entry.url, expected)).sha256;
}

async function open(
  context: UpstreamContext,
  spec: ComponentSpec,
  file: { entry: ListedUrl; sha256: string },
): Promise<readonly Candidate[]> {
  const { cache } = context.http;
  const { url, fileName } = file.entry;
  const hint = versionOfName(fileName) ?? versionOfName(url);
  const common = {
    mayBeScript: false,
    ...(hint === undefined ? {} : { versionHint: hint }),
  };
  const path = cache.blobPath(file.sha256);
  if (!isArchiveName(fileName)) {
    const name = fileName.replace(/\.[a-z0-9]+$/, "");
    const blob = await cache.memo.digest(path, context.http.signal);
    return [{ name, path, ...blob, origin: url, ...common }];
  }
  const files = await extractComponent(cache, {
    spec,
    sha256: file.sha256,
    label: url,
    open: () => readArchive(path, url, context.http.signal),
  });
  return files.map((member) => ({
    name: member.name,
    path: cache.blobPath(member.sha256),
    sha256: member.sha256,
    sizeBytes: member.sizeBytes,
    origin: `${url}:${member.memberName}`,
    ...common,
  }));
}
