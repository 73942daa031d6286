import { chmod, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Gives a tree to a pod's fsGroup: its group may do what its owner may, and new files inherit it. */
export async function applyGroup(
  path: string,
  group: number | undefined,
  options: { readonly readonly?: boolean } = {},
): Promise<void> {
  if (group === undefined) return;
  const status = await lstat(path);
  await lchown(path, status.uid, group);
  if (status.isSymbolicLink()) return;
  const shared = options.readonly === true ? 0o440 : 0o660;
  const directory = status.isDirectory() ? 0o2110 : 0;
  await chmod(path, (status.mode & 0o7777) | shared | directory);
  if (!status.isDirectory()) return;
  for (const name of await readdir(path)) await applyGroup(join(path, name), group, options);
}
