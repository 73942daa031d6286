import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { parseDocument } from "yaml";
import { type ArtifactCache, type ArtifactSet, LOCK_NAME } from "../artifacts/mod.ts";
import type { Cluster } from "../bootstrap/inventory/mod.ts";
import { BLOB_PREFIX, CLUSTER_PREFIX, EXECUTABLE_PREFIX, SBOM_NAME } from "./manifest.ts";
import { formatSbom } from "./sbom.ts";
import type { BundleSource } from "./write-bundle.ts";

/** Files of the cluster directory that no node gets as they are. */
const SETTINGS_FILE = "nodewright.yaml";
const OWN_FILES = ["machines.txt", SETTINGS_FILE, LOCK_NAME];
/** Folders that are taken whole. */
const FOLDERS = ["downloads", "hooks"];

/** What a bundle is collected from. */
export interface CollectInput {
  readonly cluster: Cluster;
  /** Of every architecture and kind of node. */
  readonly sets: readonly ArtifactSet[];
  /** nodewright's executables by machine type (`uname -m`). */
  readonly executables: ReadonlyMap<string, string>;
  readonly cache: ArtifactCache;
}

/**
 * Everything that an apply of this directory needs: its files without keys, certificates and
 * kubeconfigs, which are made where it is opened; files of components, images, executables, the bill of materials.
 */
export async function collectSources(input: CollectInput): Promise<readonly BundleSource[]> {
  const { cluster, sets, executables, cache } = input;
  const file = async (path: string, localPath: string, mode = 0o644): Promise<BundleSource> => ({
    path,
    mode,
    content: { localPath },
    ...(await cache.memo.digest(localPath)),
  });
  const own = (await ownPaths(cluster)).map((path) =>
    file(
      `${CLUSTER_PREFIX}${path}`,
      join(cluster.dir, path),
      path.startsWith("hooks/") ? 0o755 : 0o644,
    ),
  );
  const blobs = new Map(
    sets
      .filter(({ source }) => source === "debian" || source === "upstream")
      .flatMap(({ files }) => files)
      .map(({ sha256, sizeBytes, localPath }) => [
        sha256,
        { path: `${BLOB_PREFIX}${sha256}`, sha256, sizeBytes, mode: 0o644, content: { localPath } },
      ]),
  );
  const programs = [...executables].map(([machine, path]) =>
    file(`${EXECUTABLE_PREFIX}${machine}`, path, 0o755),
  );
  const places = new Map(
    cluster.settings.images.map(({ reference, path }) => [reference, placeOf(cluster, path)]),
  );
  const images = await Promise.all(
    cluster.settings.images.map(async ({ reference, path }) => ({
      reference,
      source: await file(`${CLUSTER_PREFIX}${places.get(reference)}`, path),
    })),
  );
  const settings = await settingsFile(cluster, places);
  const sbom = formatSbom({
    sets,
    images: images.map(({ reference, source: { sha256 } }) => ({ reference, sha256 })),
  });
  const sources = [
    ...(await Promise.all([...own, ...programs])),
    ...blobs.values(),
    ...images.map(({ source }) => source),
    bytes(SBOM_NAME, new TextEncoder().encode(sbom)),
    ...(settings === undefined ? [] : [bytes(`${CLUSTER_PREFIX}${SETTINGS_FILE}`, settings)]),
  ];
  return [...new Map(sources.map((source) => [source.path, source])).values()];
}

function bytes(path: string, content: Uint8Array): BundleSource {
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  return { path, sha256, sizeBytes: content.length, mode: 0o644, content };
}

/** The directory's files that are no secret, by their paths in it. */
async function ownPaths({ dir, templates }: Cluster): Promise<readonly string[]> {
  const rendered = [...templates.keys()].filter((path) => !path.endsWith(".crt"));
  const folders = await Promise.all(FOLDERS.map((folder) => filesBelow(dir, folder)));
  const there = new Set(await readdir(dir));
  const own = OWN_FILES.filter((path) => there.has(path));
  return [...new Set([...own, ...rendered, ...folders.flat()])].sort();
}

async function filesBelow(dir: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(dir, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

/** Where an image archive is in the bundle: as in the directory, or in a folder of its own. */
function placeOf({ dir }: Cluster, path: string): string {
  const inside = relative(dir, path);
  return inside.startsWith("..") ? `images/${basename(path)}` : inside;
}

/** nodewright.yaml with the archives where the bundle has them. */
async function settingsFile(
  { dir, settings }: Cluster,
  places: ReadonlyMap<string, string>,
): Promise<Uint8Array | undefined> {
  const moved = settings.images.filter(({ path }) => relative(dir, path).startsWith(".."));
  if (moved.length === 0) return undefined;
  const document = parseDocument(await readFile(join(dir, SETTINGS_FILE), "utf8"));
  for (const { reference } of moved) document.setIn(["images", reference], places.get(reference));
  return new TextEncoder().encode(document.toString({ lineWidth: 0 }));
}
