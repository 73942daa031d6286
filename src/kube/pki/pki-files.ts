import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, NodewrightError, systemClock } from "../../base/mod.ts";
import {
  DirectoryLock,
  readUserText,
  SyscallError,
  whyUnreadableUnlessAbsent,
} from "../../sys/mod.ts";

const LOCK_TIMEOUT_MS = 60_000;

/** Reads those of the named files that exist; rejects with kind "file" where one cannot be read. */
export async function readPkiFiles(
  directory: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of names) {
    try {
      files.set(name, await readUserText(join(directory, name)));
    } catch (cause) {
      const path = join(directory, name);
      const why = await whyUnreadableUnlessAbsent(cause, path);
      if (why === undefined) continue;
      const { what, fix } = why;
      throw new NodewrightError("file", `Cannot read ${path}: ${what}`, { fix, cause });
    }
  }
  return files;
}

/**
 * Keeps other runs out of the directory, which would make an authority of their own beside this one's
 * certificates, and removes the keys that a killed run left beside their places.
 */
export async function lockPkiFiles(
  directory: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Disposable> {
  const lock = await DirectoryLock.acquire(directory, {
    clock: systemClock,
    timeoutMs: LOCK_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  }).catch((cause: unknown) => {
    throw cause instanceof SyscallError ? fileError(`Cannot lock ${directory}`, cause) : cause;
  });
  const ours = new Set(names);
  for (const name of await readdir(directory).catch(() => [])) {
    if (ours.has(name.replace(TEMPORARY, "")) && TEMPORARY.test(name)) {
      await rm(join(directory, name), { force: true });
    }
  }
  return lock;
}

/** What writePkiFile appends to a name. */
const TEMPORARY = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Which of the named files others than their owner may read, with the mode; absent ones are skipped. */
export async function findOpenFiles(
  directory: string,
  names: readonly string[],
): Promise<{ readonly name: string; readonly mode: number }[]> {
  const found = [];
  for (const name of names) {
    const info = await stat(join(directory, name)).catch(() => undefined);
    if (info !== undefined && (info.mode & 0o077) !== 0)
      found.push({ name, mode: info.mode & 0o777 });
  }
  return found;
}

/**
 * Writes a file beside its place, syncs it and renames it. Keys and kubeconfigs (which hold keys)
 * are readable by their owner only, from their first byte on.
 */
export async function writePkiFile(directory: string, name: string, text: string): Promise<void> {
  const path = join(directory, name);
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    await using file = await open(beside, "w", name.endsWith(".crt") ? 0o644 : 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(beside, path);
    await syncDirectory(directory);
  } catch (cause) {
    await rm(beside, { force: true });
    throw fileError(`Cannot write ${path}`, cause);
  }
}

/** Makes the rename itself durable. */
async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, "r");
  await handle.sync();
}

function fileError(action: string, cause: unknown): NodewrightError {
  const text = messageOf(cause);
  const fixes: Readonly<Record<string, string>> = {
    ENOSPC: "free some space on this file system and run it again: it goes on where it stopped",
    EACCES: "run it as a user that may read and write the cluster directory",
    ENOTDIR: "give an existing directory with -C",
  };
  const fix = fixes[codeOf(cause)];
  return new NodewrightError("file", `${action}: ${text}`, {
    ...(fix === undefined ? {} : { fix }),
    cause,
  });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
