import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fsyncDirectory, pathExists } from "../../sys/mod.ts";
import { debianMirror } from "./debian-mirror.ts";
import type { LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { holdLock } from "./lab-lock.ts";
import { ROOTFS_RECIPE, type RootfsRecipe } from "./rootfs-recipe.ts";

const BUILDING = ".building-";

/** The first 16 hex digits of the SHA-256 of all that decides a root file system's content. */
export function recipeHash(recipe: RootfsRecipe): string {
  const argv = bootstrapArgv(recipe, { directory: "", mirror: "" });
  const text = JSON.stringify([recipe, argv]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);
}

/** The directory of the recipe's root file system in the cache, whether it exists or not. */
export function rootfsPath(deps: Pick<LabDeps, "cacheDir">, recipe = ROOTFS_RECIPE): string {
  return join(deps.cacheDir, "rootfs", recipeHash(recipe));
}

/** True where the root file system of this recipe is in the cache, whole. */
export async function hasRootfs(deps: Pick<LabDeps, "cacheDir">): Promise<boolean> {
  return pathExists(rootfsPath(deps));
}

/**
 * The directory of the machines' shared root file system, built where the cache does not have
 * it (about 45 s, 250 MB). A second builder waits for the first; an interrupted build is removed
 * by the next one.
 */
export async function ensureRootfs(
  deps: LabDeps,
  options: { mirror?: string | undefined },
  recipe = ROOTFS_RECIPE,
): Promise<string> {
  const target = rootfsPath(deps, recipe);
  if (await pathExists(target)) return target;
  using _lock = await holdLock(`rootfs/${recipeHash(recipe)}`, {
    clock: deps.clock,
    signal: deps.signal,
    onWait: () => deps.report({ kind: "step", message: "Waiting for another build of the root" }),
  });
  if (await pathExists(target)) return target;
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const building = join(parent, `${BUILDING}${recipeHash(recipe)}`);
  await removeTree(deps, building);
  const mirror = options.mirror ?? (await debianMirror(deps));
  try {
    await build(deps, recipe, { directory: building, mirror });
    await rename(building, target);
    fsyncDirectory(parent);
  } catch (thrown) {
    // deps without the signal: what was begun is taken away even when the user interrupted
    await removeTree({ run: deps.run }, building);
    if (!(thrown instanceof LabError)) throw thrown;
    throw new LabError("command-failed", `Cannot build the machines' root from ${mirror}`, {
      cause: thrown,
      ...(thrown.detail === undefined ? {} : { detail: thrown.detail }),
      fix: "See that the mirror is reached (--mirror); where the host is not Debian, install debian-archive-keyring",
    });
  }
  return target;
}

async function build(
  deps: LabDeps,
  recipe: RootfsRecipe,
  options: { directory: string; mirror: string },
): Promise<void> {
  deps.report({
    kind: "step",
    message: `Building the machines' root file system: Debian ${recipe.suite}, about a minute, once`,
  });
  await deps.run(bootstrapArgv(recipe, options), {
    onLine: (line) => {
      if (line.startsWith("I: ")) deps.report({ kind: "step", message: `root: ${line.slice(3)}` });
    },
    ...(deps.signal === undefined ? {} : { signal: deps.signal }),
  });
  for (const pattern of recipe.removed) await removeMatching(options.directory, pattern);
  for (const entry of recipe.entries) await putEntry(options.directory, entry);
}

/**
 * mmdebstrap in a mount and pid namespace of its own: if it or we are killed, its mounts and its
 * children end with it, and a plain removal of the directory is safe.
 */
export function bootstrapArgv(
  recipe: RootfsRecipe,
  options: { directory: string; mirror: string },
): string[] {
  return [
    ..."unshare --mount --propagation private --pid --fork --kill-child".split(" "),
    "--mount-proc",
    "mmdebstrap",
    "--mode=root",
    "--format=directory",
    "--variant=minbase",
    `--include=${recipe.packages.join(",")}`,
    ...recipe.excluded.map((path) => `--dpkgopt=path-exclude=${path}`),
    // The build is thrown away as a whole when it is interrupted: no need to sync every file.
    "--dpkgopt=force-unsafe-io",
    // a user who is not root, for those who do not log in as root
    '--customize-hook=chroot "$1" useradd --create-home --shell /bin/bash debian',
    recipe.suite,
    options.directory,
    options.mirror,
  ];
}

async function removeMatching(root: string, pattern: string): Promise<void> {
  const directory = join(root, dirname(pattern));
  const name = pattern.slice(pattern.lastIndexOf("/") + 1);
  const glob = new Bun.Glob(name);
  for (const entry of await readdir(directory).catch(() => [])) {
    if (glob.match(entry)) await rm(join(directory, entry));
  }
}

async function putEntry(root: string, entry: RootfsRecipe["entries"][number]): Promise<void> {
  const path = join(root, entry.path);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  if ("target" in entry) return symlink(entry.target, path);
  await writeFile(path, entry.content);
  await chmod(path, entry.mode ?? 0o644);
}

/** Removes a tree without ever crossing into another file system. */
export async function removeTree(deps: Pick<LabDeps, "run">, directory: string): Promise<void> {
  await deps.run(["rm", "-rf", "--one-file-system", "--", directory]);
}
