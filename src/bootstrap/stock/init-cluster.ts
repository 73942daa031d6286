import { link, lstat, mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NodewrightError } from "../../base/mod.ts";
import { fsyncDirectory } from "../../sys/mod.ts";
import { type StockFile, type StockOptions, stockFiles } from "./stock-files.ts";

/** What became of a stock file: written, already there with the same text, or left as it is. */
export interface InitResult {
  readonly path: string;
  readonly outcome: "written" | "same" | "kept";
  /** For kept: why, where it is not simply another text. */
  readonly because?: string;
}

/**
 * Writes the stock files that a directory does not have yet. Never replaces a file; may be
 * interrupted and repeated. Rejects with NodewrightError (kind `init`).
 */
export async function initCluster(
  dir: string,
  options: StockOptions = {},
): Promise<readonly InitResult[]> {
  try {
    const ownCni = (await cniFiles(dir)).filter((name) => name !== "10-bridge.conflist");
    const single = ownCni[0];
    // A directory with a CNI configuration of its own masquerades as that one says.
    const files = stockFiles({ masquerade: single === undefined, ...options });
    const results: InitResult[] = [];
    for (const file of files) {
      if (single !== undefined && file.path === "configs/10-bridge.conflist") {
        const because = `configs/${single} is there in its place`;
        results.push({ path: file.path, outcome: "kept", because });
      } else results.push(await place(dir, file));
    }
    return results;
  } catch (thrown) {
    throw initError(dir, thrown);
  }
}

/** Network configurations that are there already: one directory has one of them. */
async function cniFiles(dir: string): Promise<string[]> {
  try {
    const names = await readdir(join(dir, "configs"));
    return names.filter((name) => /\.conf(list)?$/.test(name) && !name.includes("loopback")).sort();
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

async function place(dir: string, file: StockFile): Promise<InitResult> {
  const path = join(dir, file.path);
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const present = await lstat(path).catch((thrown: unknown) => {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  });
  if (present !== undefined) {
    const same = present.isFile() && (await readFile(path, "utf8")) === file.text;
    return { path: file.path, outcome: same ? "same" : "kept" };
  }
  const created = await createWhole(path, file.text);
  fsyncDirectory(folder);
  return { path: file.path, outcome: created ? "written" : "kept" };
}

/** Puts a complete file at a path where nothing is; false where something has appeared there meanwhile. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const name = path.slice(dirname(path).length + 1);
  const temporary = join(dirname(path), `.${name}.nodewright-${random}`);
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // A hard link fails where a rename would replace.
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;
}

function initError(dir: string, thrown: unknown): NodewrightError {
  const code = codeOf(thrown);
  if (code === undefined) return NodewrightError.from(thrown, "Cannot make the cluster directory");
  const fixes: Readonly<Record<string, string>> = {
    EACCES: "Give a directory that this user may write to",
    EROFS: "Give a directory on a file system that can be written to",
    ENOSPC: "Make room on the disk, then run it again",
    ENOTDIR: "Give a directory: a file is in its place",
    EEXIST: "Give a directory: a file is in its place",
  };
  const fix = fixes[code];
  return new NodewrightError("init", `Cannot write the stock files into "${dir}": ${code}`, {
    cause: thrown,
    ...(fix === undefined ? {} : { fix }),
  });
}
