import { readUserFile } from "../sys/mod.ts";
import type { NodeContext } from "./node-context.ts";
import { currentOf } from "./store/store.ts";

const MAX_TEXT_BYTES = 256 * 1024;

/**
 * The present text of files, for a diff; null where it is absent, too large, binary, or nobody's
 * business: marked sensitive in the current generation, or readable by its owner alone.
 */
export async function readTexts(
  { machine, store }: NodeContext,
  paths: readonly string[],
): Promise<{ texts: Record<string, string | null> }> {
  const current = currentOf(await store.generations());
  const sensitive = new Set(
    (current?.desired.files ?? []).filter((file) => file.sensitive).map((file) => file.path),
  );
  const texts: Record<string, string | null> = {};
  for (const path of paths) {
    const stat = await machine.disk.lstat(path);
    const isReadable =
      stat?.isFile() === true &&
      stat.size <= MAX_TEXT_BYTES &&
      (stat.mode & 0o077n) !== 0n &&
      !sensitive.has(path);
    texts[path] = isReadable ? await readText(machine.disk.at(path)) : null;
  }
  return { texts };
}

async function readText(path: string): Promise<string | null> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readUserFile(path));
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
