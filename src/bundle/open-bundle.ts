import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createZstdDecompress } from "node:zlib";
import { type ArtifactCache, readTar, type TarMember } from "../artifacts/mod.ts";
import { messageOf, NodewrightError } from "../base/mod.ts";
import { atomicWriteFile, fsyncDirectory } from "../sys/mod.ts";
import {
  BLOB_PREFIX,
  type BundleFile,
  CLUSTER_PREFIX,
  MANIFEST_NAME,
  type Manifest,
  notABundle,
  parseManifest,
} from "./manifest.ts";

/** A list of some thousand files. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** Where a bundle is opened. */
export interface OpenOptions {
  /** The cluster directory that it becomes: it must not exist, or be empty. */
  readonly directory: string;
  /** Where files of components go, so that an apply finds them by nodewright.lock. */
  readonly cache: ArtifactCache;
  readonly signal: AbortSignal;
}

/**
 * Opens a bundle: every member is held to the digest that the bundle's own list has for it, and the
 * directory appears as a whole once all of them are there. Rejects with kind `bundle` where the file
 * is damaged, cut off, or no bundle; nothing is left then but files in the cache.
 */
export async function openBundle(path: string, options: OpenOptions): Promise<Manifest> {
  const { directory } = options;
  requireEmpty(directory);
  const temporary = `${directory}.opening-${process.pid}`;
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  try {
    const manifest = await unpack(path, temporary, options);
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
    fsyncDirectory(dirname(directory));
    return manifest;
  } catch (thrown) {
    options.signal.throwIfAborted();
    const isOwn = thrown instanceof NodewrightError && thrown.kind !== "archive";
    throw isOwn ? thrown : damaged(`"${path}"`, messageOf(thrown));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function requireEmpty(directory: string): void {
  if (!existsSync(directory)) return;
  if (statSync(directory).isDirectory() && readdirSync(directory).length === 0) return;
  throw new NodewrightError(
    "bundle",
    `Cannot open a bundle in "${directory}": it is there, and not empty`,
    {
      fix: "name a directory that does not exist: nodewright bundle --open FILE -C DIR",
    },
  );
}

async function unpack(
  path: string,
  temporary: string,
  { cache, signal }: OpenOptions,
): Promise<Manifest> {
  const label = `"${path}"`;
  let manifest: Manifest | undefined;
  const expected = new Map<string, BundleFile>();
  for await (const member of readTar(decompressed(path, signal), path)) {
    if (manifest === undefined) {
      manifest = await readManifest(member, label);
      for (const file of manifest.files) expected.set(file.path, file);
      continue;
    }
    const file = expected.get(member.name);
    if (member.kind !== "file" || file === undefined || file.sizeBytes !== member.sizeBytes) {
      throw damaged(label, `${member.name} is not what its list says`);
    }
    expected.delete(member.name);
    await keep(member, file, { temporary, cache, label });
  }
  if (manifest === undefined) throw notABundle(label, "it is empty");
  const [first] = expected.keys();
  if (first !== undefined) {
    throw damaged(label, `${expected.size} files are missing, the first is ${first}`);
  }
  return manifest;
}

async function readManifest(member: TarMember, label: string): Promise<Manifest> {
  if (member.name !== MANIFEST_NAME || member.sizeBytes > MAX_MANIFEST_BYTES) {
    throw notABundle(label, `it does not begin with ${MANIFEST_NAME}`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of member.body) chunks.push(new Uint8Array(chunk));
  return parseManifest(Buffer.concat(chunks), label);
}

interface Target {
  readonly temporary: string;
  readonly cache: ArtifactCache;
  readonly label: string;
}

async function keep(
  { name, body }: TarMember,
  { sha256, sizeBytes, mode }: BundleFile,
  { temporary, cache, label }: Target,
): Promise<void> {
  if (name.startsWith(BLOB_PREFIX)) {
    await cache.put(body, { label: `${name} of ${label}`, sizeBytes, expected: sha256 });
    return;
  }
  const inside = name.startsWith(CLUSTER_PREFIX) ? name.slice(CLUSTER_PREFIX.length) : name;
  const target = join(temporary, inside);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const hash = new Bun.CryptoHasher("sha256");
  await atomicWriteFile(target, hashed(body, hash), { mode });
  if (hash.digest("hex") !== sha256)
    throw damaged(label, `${name} has another SHA-256 than its list says`);
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: Bun.CryptoHasher,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function* decompressed(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  const plain = createZstdDecompress();
  file.on("error", (error) => plain.destroy(error));
  file.pipe(plain);
  try {
    for await (const chunk of plain) {
      signal.throwIfAborted();
      yield chunk;
    }
  } finally {
    file.destroy();
    plain.destroy();
  }
}

function damaged(label: string, why: string): NodewrightError {
  return new NodewrightError("bundle", `Cannot open ${label}: ${why}`, {
    fix: "copy the bundle again: it is damaged or cut off",
  });
}
