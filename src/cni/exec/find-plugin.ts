import { fileStatus } from "../../sys/mod.ts";
import { checkPluginType } from "../conf/names.ts";
import { CNI_ERROR, CniError } from "../errors.ts";

/**
 * The path of a plugin's executable: the first regular file of that name in the directories, in
 * order. CniError 7 for a type that is no file name, 5 (with every directory searched) where there
 * is none.
 */
export function findPlugin(type: string, directories: readonly string[]): string {
  const wrongType = checkPluginType(type);
  if (wrongType !== undefined) {
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use the plugin type "${type}": ${wrongType}`,
    );
  }
  for (const directory of directories) {
    const path = `${directory}/${type}`;
    if (fileStatus(path)?.isFile === true) return path;
  }
  const searched = directories.map((directory) => `"${directory}"`).join(", ");
  throw new CniError(CNI_ERROR.ioFailure, `failed to find plugin "${type}" in path [${searched}]`, {
    fix: "Install the plugin there, or name its directory in CNI_PATH",
  });
}

/** True where both paths lead to one file: the same device and inode. */
export function isSameFile(a: string, b: string): boolean {
  const left = fileStatus(a);
  const right = fileStatus(b);
  return left !== undefined && left.inode === right?.inode && left.device === right.device;
}
