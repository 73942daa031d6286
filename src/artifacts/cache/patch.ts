import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactCache } from "./store.ts";

/** A window of 512 MiB: larger than an executable, so that all of the base is within it. */
const WINDOW = "--long=29";
const LEVEL = "-9";
/** Programs that take longer are ended: the executable is sent whole. */
const LIMIT_MS = 60_000;

/** A file of this machine with its digest. */
interface Target {
  readonly sha256: string;
  readonly path: string;
}

/**
 * zstd's patch (`--patch-from`) that makes a file of another one whose compressed form the cache
 * still has; made once and kept. Undefined where there is no such form, or no zstd command.
 */
export async function patchOf(
  cache: ArtifactCache,
  base: string,
  target: Target,
): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined> {
  const path = join(cache.dir, "blobs/patch", `${base}-${target.sha256}`);
  const known = await sizeOf(path);
  if (known !== undefined) {
    await cache.use(path);
    return { path, sizeBytes: known };
  }
  const packed = join(cache.dir, "blobs/zstd", base);
  if (Bun.which("zstd") === null || (await sizeOf(packed)) === undefined) return undefined;
  const [plain, made] = [cache.tempPath(), cache.tempPath()];
  try {
    if (!(await zstd(["-dq", packed, "-o", plain]))) return undefined;
    if ((await cache.memo.digest(plain)).sha256 !== base) return undefined;
    const words = ["-q", LEVEL, WINDOW, `--patch-from=${plain}`, target.path, "-o", made];
    if (!(await zstd(words))) return undefined;
    await mkdir(join(cache.dir, "blobs/patch"), { recursive: true });
    await rename(made, path);
    return { path, sizeBytes: (await stat(path)).size };
  } finally {
    await rm(plain, { force: true });
    await rm(made, { force: true });
  }
}

async function zstd(words: readonly string[]): Promise<boolean> {
  const child = Bun.spawn(["zstd", ...words], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: LIMIT_MS,
  });
  return (await child.exited) === 0;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
