import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Arch, archOfName } from "../arch.ts";
import { isArchiveName, readArchive } from "../archive/open.ts";
import { versionOfName } from "../binary/version.ts";
import type { ArtifactCache } from "../cache/store.ts";
import { type ComponentSpec, isFileOf } from "../component.ts";
import { systemCode } from "../errors.ts";
import type { Candidate, Found } from "../types.ts";
import { extractComponent } from "./extract.ts";

/** What a search in downloads/ needs. */
export interface DownloadsContext {
  readonly clusterDir: string;
  readonly arch: Arch;
  readonly cache: ArtifactCache;
  readonly signal?: AbortSignal;
}

/** All the folders that the origin's layout has, for archives that lie where they were saved. */
const ARCHIVE_FOLDERS = ["worker", "client", "cni-plugins", ""];

interface Entry {
  readonly name: string;
  readonly path: string;
  /** Relative to the cluster directory, for messages. */
  readonly shown: string;
}

/**
 * A component's files in downloads/: plain files where the origin puts them, then the
 * upstream archives and binaries as they were saved. downloads/ARCH/ goes before downloads/,
 * so that one cluster directory can hold several architectures. Nothing is changed there.
 */
export async function findInDownloads(
  context: DownloadsContext,
  spec: ComponentSpec,
): Promise<Found> {
  const candidates: Candidate[] = [];
  const notes: string[] = [];
  for (const root of [`downloads/${context.arch}`, "downloads"]) {
    for (const folder of spec.folders) {
      for (const entry of await list(context, join(root, folder))) {
        if (!isFileOf(spec, entry.name)) continue;
        candidates.push(await plain(context, entry, entry.name));
      }
    }
    const folders = new Set([...spec.folders, ...ARCHIVE_FOLDERS]);
    for (const folder of folders) {
      for (const entry of await list(context, join(root, folder))) {
        if (!spec.upstreamName.test(entry.name) || isFileOf(spec, entry.name)) continue;
        const other = archOfName(entry.name);
        if (other !== undefined && other !== context.arch) {
          notes.push(`"${entry.shown}" is for ${other}`);
        } else {
          candidates.push(...(await upstreamFile(context, spec, entry)));
        }
      }
    }
  }
  return { candidates, origins: [], notes };
}

async function list(context: DownloadsContext, folder: string): Promise<Entry[]> {
  const dir = join(context.clusterDir, folder);
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw thrown;
  }
  const entries: Entry[] = [];
  for (const name of names.sort()) {
    const path = join(dir, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) entries.push({ name, path, shown: join(folder, name) });
  }
  return entries;
}

async function plain(context: DownloadsContext, entry: Entry, name: string): Promise<Candidate> {
  const blob = await context.cache.memo.digest(entry.path, context.signal);
  return { name, path: entry.path, ...blob, origin: entry.shown, mayBeScript: true };
}

async function upstreamFile(
  context: DownloadsContext,
  spec: ComponentSpec,
  entry: Entry,
): Promise<readonly Candidate[]> {
  const hint = versionOfName(entry.name);
  if (!isArchiveName(entry.name)) {
    // runc.amd64: the program itself, with the architecture behind its name.
    const name = entry.name.slice(0, entry.name.lastIndexOf("."));
    return isFileOf(spec, name) ? [await plain(context, entry, name)] : [];
  }
  const { sha256 } = await context.cache.memo.digest(entry.path, context.signal);
  const files = await extractComponent(context.cache, {
    spec,
    sha256,
    label: entry.shown,
    open: () => readArchive(entry.path, entry.shown, context.signal),
  });
  return files.map((file) => ({
    name: file.name,
    path: context.cache.blobPath(file.sha256),
    sha256: file.sha256,
    sizeBytes: file.sizeBytes,
    origin: `${entry.shown}:${file.memberName}`,
    mayBeScript: false,
    ...(hint === undefined ? {} : { versionHint: hint }),
  }));
}
