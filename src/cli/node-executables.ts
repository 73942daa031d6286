import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import {
  ARCHES,
  type Arch,
  type ArtifactCache,
  type BuiltinExecutable,
  type BuiltinFile,
  blobRest,
  compressedBlob,
  parseArch,
  patchOf,
} from "../artifacts/mod.ts";
import { KUBERNETES_VERSION, UsageError, VERSION } from "../base/mod.ts";
import { CLIENT_NAME, loadClient, PROGRAM_NAME } from "../cni/client/mod.ts";
import { PLUGIN_NAMES } from "../cni/mod.ts";
import type { ExecutableRest, NodeExecutable, NodeExecutables } from "../ssh/mod.ts";
import { pathExists } from "../sys/mod.ts";

/** Fast over small: a node on the same network waits for the packing, not for the wire. */
const GZIP_LEVEL = 1;

/** False where this runs from its source: then there is nothing that could be sent. */
export function isExecutable(execPath: string): boolean {
  return !/^bun/.test(basename(execPath));
}

/**
 * The executables that nodes can get: this one for machines of this kind, and for others those
 * that lie beside it as `nodewright-MACHINE` (`uname -m`: `nodewright-aarch64`).
 */
export async function nodeExecutables(
  execPath: string,
  hostArch: string,
  cache: ArtifactCache,
): Promise<NodeExecutables> {
  if (!isExecutable(execPath)) {
    throw new UsageError(
      "Cannot send nodewright to a node: this is its source, not its executable",
      {
        fix: "npm run build, then dist/nodewright",
      },
    );
  }
  const executables = new Map<string, NodeExecutable>();
  const own = parseArch(hostArch);
  for (const { uname } of Object.values(ARCHES)) {
    const isOwn = own !== undefined && ARCHES[own].uname === uname;
    const path = isOwn ? execPath : join(dirname(execPath), `nodewright-${uname}`);
    if (await pathExists(path)) executables.set(uname, await nodeExecutable(path, cache));
  }
  return executables;
}

/**
 * The executable for an architecture as the components that it is itself. Of the CNI plugins the
 * names lead to the client of the CNI server, which is put into the cache, and to the executable
 * where this one has no client for that architecture.
 */
export async function builtinExecutable(
  executables: NodeExecutables,
  arch: Arch,
  cache: ArtifactCache,
): Promise<BuiltinExecutable | undefined> {
  const executable = executables.get(ARCHES[arch].uname);
  if (executable === undefined) return undefined;
  const { path } = await executable.rest("identity", 0);
  const kubernetes = KUBERNETES_VERSION.replace(/^v/, "");
  const whole = { path, sha256: executable.digest, sizeBytes: executable.sizeBytes };
  return {
    "cni-plugins": { files: await pluginFiles(whole, arch, cache), version: VERSION },
    kubelet: { files: [{ name: "kubelet", ...whole }], version: kubernetes },
    "kube-proxy": { files: [{ name: "kube-proxy", ...whole }], version: kubernetes },
  };
}

async function pluginFiles(
  whole: Omit<BuiltinFile, "name">,
  arch: Arch,
  cache: ArtifactCache,
): Promise<readonly BuiltinFile[]> {
  const bytes = await loadClient(arch);
  if (bytes === undefined) return PLUGIN_NAMES.map((name) => ({ name, ...whole }));
  const label = "the client of the CNI server";
  const blob = await cache.put(once(bytes), { label, sizeBytes: bytes.length });
  const client = { path: cache.blobPath(blob.sha256), ...blob };
  return [
    { name: PROGRAM_NAME, ...whole },
    { name: CLIENT_NAME, ...client },
    ...PLUGIN_NAMES.map((name) => ({ name, ...client })),
  ];
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function nodeExecutable(path: string, cache: ArtifactCache): Promise<NodeExecutable> {
  const { sha256, sizeBytes } = await cache.memo.digest(path);
  return {
    digest: sha256,
    sizeBytes,
    patch: async (bases) => {
      for (const base of bases) {
        const made = await cache.once(`patch ${base} ${sha256}`, () =>
          patchOf(cache, base, { sha256, path }),
        );
        if (made !== undefined) return { base, ...made };
      }
      return undefined;
    },
    rest: async (encoding, receivedBytes) => {
      switch (encoding) {
        case "identity":
          return restOf({ path, sizeBytes }, receivedBytes);
        case "gzip": {
          const packed = await cache.once(`gzip ${sha256}`, () => gzipped(cache, { sha256, path }));
          return restOf(packed, receivedBytes);
        }
        case "zstd": {
          const encoded = await compressedBlob(cache, { sha256, sizeBytes, path });
          const { offset, encodedOffset } = blobRest(encoded, sizeBytes, receivedBytes);
          const { path: packed, sizeBytes: packedBytes } = encoded;
          return {
            path: packed,
            sizeBytes: packedBytes,
            offset: encodedOffset,
            keptBytes: offset,
          };
        }
      }
    },
  };
}

/** A part that is longer than the whole is another build's: the far side finds it damaged. */
function restOf(file: { path: string; sizeBytes: number }, receivedBytes: number): ExecutableRest {
  const offset = Math.min(receivedBytes, file.sizeBytes);
  return { ...file, offset, keptBytes: offset };
}

/** The gzip form, for nodes without zstd; made once and kept in the cache. */
async function gzipped(cache: ArtifactCache, source: { sha256: string; path: string }) {
  const dir = join(cache.dir, "blobs/gzip");
  const path = join(dir, source.sha256);
  if (await pathExists(path)) await cache.use(path);
  else {
    await mkdir(dir, { recursive: true });
    const temp = cache.tempPath();
    await pipeline(
      createReadStream(source.path, { highWaterMark: 1024 * 1024 }),
      createGzip({ level: GZIP_LEVEL }),
      createWriteStream(temp),
    );
    await rename(temp, path);
  }
  return { path, sizeBytes: (await stat(path)).size };
}
