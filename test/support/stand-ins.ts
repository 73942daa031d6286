import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The programs that can be stood in for. */
export type StandIn = "kubelet" | "kube-proxy";

/** Further wishes about a stand-in. */
export interface StandInOptions {
  /** What --version and the Node say; default v1.36.2. */
  readonly version?: string;
}

/**
 * Compiles a stand-in into an executable of its own and returns its path. The result is kept in the
 * cache by the content of everything in it, so that only the first call takes its second or two.
 */
export async function buildStandIn(name: StandIn, options: StandInOptions = {}): Promise<string> {
  const source = new URL(`../stand-ins/${name}.ts`, import.meta.url).pathname;
  const version = options.version ?? "v1.36.2";
  const define = { STAND_IN_VERSION: JSON.stringify(version) };
  const bundle = await Bun.build({ entrypoints: [source], target: "bun", minify: true, define });
  const code = (await bundle.outputs[0]?.text()) ?? "";
  const hash = createHash("sha256").update(`${Bun.version} ${process.arch}\n${code}`).digest("hex");
  const shelf = join(cacheFolder(), "stand-ins", `${name}-${version}`);
  const folder = join(shelf, hash.slice(0, 24));
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await clearOld(shelf);
  await mkdir(folder, { recursive: true });
  const beside = join(folder, `${name}.${process.pid}`);
  const script = `${beside}.js`;
  try {
    await Bun.write(script, code);
    await compile(script, beside);
    await rename(beside, path);
  } finally {
    await rm(script, { force: true });
    await rm(beside, { force: true });
  }
  return path;
}

/** Removes builds of older sources (100 MB each), not those that a test of now may still be using. */
async function clearOld(shelf: string): Promise<void> {
  const names = await readdir(shelf).catch(() => []);
  for (const name of names) {
    const { mtimeMs } = await stat(join(shelf, name));
    if (Date.now() - mtimeMs > 3_600_000)
      await rm(join(shelf, name), { recursive: true, force: true });
  }
}

async function compile(script: string, to: string): Promise<void> {
  const argv = [
    ...[process.execPath, "build", "--compile", "--bytecode", "--format=esm"],
    ...[script, "--outfile", to],
  ];
  const build = Bun.spawn(argv, { stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(build.stderr).text();
  if ((await build.exited) !== 0) throw new Error(`Cannot compile ${script}: ${errors}`);
}

function cacheFolder(): string {
  const own = process.env["NODEWRIGHT_CACHE"];
  if (own !== undefined && own !== "") return own;
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "nodewright");
}
