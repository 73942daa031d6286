import { createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { atomicWriteFile } from "../../sys/mod.ts";

/** A file that a machine gets: a text, or a copy of a file of this host. */
export interface MachineFile {
  /** Absolute path on the machine. */
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly text: string } | { readonly file: string };
}

/** Puts files into a machine's tree where they differ, and returns the paths of those that did. */
export async function putFiles(root: string, files: readonly MachineFile[]): Promise<string[]> {
  const changed: string[] = [];
  for (const { path, mode, content } of files) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    const isNew =
      "text" in content
        ? await putText(target, content.text, mode)
        : await putCopy(target, content.file, mode);
    if (isNew) changed.push(path);
  }
  return changed;
}

async function putText(target: string, text: string, mode: number): Promise<boolean> {
  const now = await readFile(target, "utf8").catch(() => undefined);
  if (now === text && ((await stat(target)).mode & 0o777) === mode) return false;
  await atomicWriteFile(target, text, { mode });
  return true;
}

/** A copy keeps the time of its source, by which it is mostly known again without reading both. */
async function putCopy(target: string, source: string, mode: number): Promise<boolean> {
  const from = await stat(source);
  const now = await stat(target).catch(() => undefined);
  const seconds = Math.floor(from.mtimeMs / 1000);
  if (now?.size === from.size) {
    if (now.mtimeMs === seconds * 1000) return false;
    // Built anew from the same source: the same bytes with another time.
    if ((await digestOf(target)) === (await digestOf(source))) {
      await utimes(target, seconds, seconds);
      return false;
    }
  }
  const beside = `${target}.new`;
  await copyFile(source, beside);
  await chmod(beside, mode);
  await utimes(beside, seconds, seconds);
  // A program that runs cannot be written to, but its name can be given to another file.
  await rename(beside, target);
  return true;
}

async function digestOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
