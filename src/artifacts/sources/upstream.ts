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
import { fetchSignature, pinnedKeyOf, verifySignature } from "./verify-signature.ts";

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
 * takes the first bytes that come, and the lock then holds on to them. Where the list pins a
 * publisher's key, the file must have its signature as well.
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
    const origin = await fetchSigned(context, entry, fileName);
    const { sha256 } = origin;
    origins.push(origin);
    candidates.push(...(await open(context, spec, { entry, sha256 })));
  }
  return { candidates, origins, notes: [] };
}

async function readList(
  context: UpstreamContext,
): Promise<{ fileName: string; urls: readonly ListedUrl[] }> {
  const fileName = listNameOf(context);
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

/** One listed file with its checksum, and the signature that the list asks for. */
async function fetchSigned(
  context: UpstreamContext,
  entry: ListedUrl,
  fileName: string,
): Promise<LockedOrigin> {
  const { url, signed } = entry;
  const key = await pinnedKeyOf({ clusterDir: context.clusterDir, list: fileName }, entry);
  if (key === undefined || signed === undefined) {
    return { from: url, sha256: await fetchFile(context, entry, fileName) };
  }
  const signature = await fetchSignature(context.http, { ...entry, signed }, fileName);
  const sha256 = await fetchFile(context, entry, fileName);
  await verifySignature(context.http.cache, key, { url, sha256, signature });
  context.note(`signature of ${url} is good`);
  return { from: url, sha256, signedBy: key.identity };
}

/**
 * True where the lock has every signature that the list now asks for, with the same key, or where
 * there is no list any more: then what the lock holds needs no network. A list that cannot be read
 * is no such list.
 */
export async function locksSignatures(
  context: Pick<UpstreamContext, "clusterDir" | "arch" | "list">,
  spec: ComponentSpec,
  locked: readonly LockedOrigin[],
): Promise<boolean> {
  const fileName = listNameOf(context);
  const { clusterDir } = context;
  const text = await readUserText(join(clusterDir, fileName)).catch(() => undefined);
  if (text === undefined) return true;
  const { urls, problems } = parseUrlList(text, fileName);
  if (hasErrors(problems)) return false;
  for (const entry of urlsOf(urls, spec.component, context.arch).urls) {
    const key = await pinnedKeyOf({ clusterDir, list: fileName }, entry);
    const origin = locked.find(({ from }) => from === entry.url);
    if (key !== undefined && origin?.signedBy !== key.identity) return false;
  }
  return true;
}

function listNameOf({ list, arch }: Pick<UpstreamContext, "arch" | "list">): string {
  return list ?? `downloads-${arch}.txt`;
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
