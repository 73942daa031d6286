import { randomBytes } from "node:crypto";
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file of a volume. */
export interface PayloadFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}
/** Files by their path in the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface WriteOptions {
  readonly owner?: number;
  readonly group?: number;
}

const DATA = "..data";

/**
 * Makes a volume's files those of the payload, all at once: they are written to a directory of their
 * own, and `..data`, through which every name leads, is then led there by one rename. The same
 * payload again changes nothing.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  options: WriteOptions = {},
): Promise<void> {
  const current = await readlink(join(directory, DATA)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload))) {
    await linkNames(directory, payload);
    return;
  }
  const version = `..${stamp()}.${randomBytes(4).readUInt32BE()}`;
  await writeVersion(join(directory, version), payload, options);
  const temporary = join(directory, "..data_tmp");
  await rm(temporary, { force: true });
  await symlink(version, temporary);
  await rename(temporary, join(directory, DATA));
  await linkNames(directory, payload);
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
}

async function writeVersion(path: string, payload: Payload, options: WriteOptions): Promise<void> {
  await mkdir(path, { mode: 0o755 });
  await chmod(path, 0o755);
  for (const [name, { bytes, mode }] of payload) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, bytes, { mode });
    const { owner = 0, group } = options;
    if (owner !== 0 || group !== undefined) await lchown(file, owner, group ?? 0);
    // After the owner, and past the umask.
    await chmod(file, mode);
  }
  if (options.group !== undefined) await lchown(path, 0, options.group);
}

/** A link for each first component of a path; those that lead to nothing any more go. */
async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((name) => name.split("/")[0] ?? name));
  const present = new Set(await readdir(directory));
  for (const name of wanted) {
    if (!present.has(name)) await symlink(join(DATA, name), join(directory, name));
  }
  for (const name of present) {
    if (name.startsWith("..") || wanted.has(name)) continue;
    if ((await lstat(join(directory, name))).isSymbolicLink()) await rm(join(directory, name));
  }
}

async function holds(version: string, payload: Payload): Promise<boolean> {
  const files = await listFiles(version, "");
  if (files.length !== payload.size) return false;
  for (const [name, { bytes, mode }] of payload) {
    const path = join(version, name);
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined || (status.mode & 0o777) !== (mode & 0o777)) return false;
    if (!Buffer.from(bytes).equals(await readFile(path))) return false;
  }
  return true;
}

async function listFiles(base: string, below: string): Promise<string[]> {
  const entries = await readdir(join(base, below), { withFileTypes: true }).catch(() => []);
  const lists = await Promise.all(
    entries.map(async (entry) =>
      entry.isDirectory()
        ? await listFiles(base, join(below, entry.name))
        : [join(below, entry.name)],
    ),
  );
  return lists.flat();
}

/** 2026_12_01_02_45_00 */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-T:]/g, "_");
}
