import { listDirectory, parentOf } from "./directory.ts";
import { removeFile } from "./file-names.ts";

const MARK = ".nodewright-";
/** NAME_MAX of Linux is 255 bytes; the rest is for the mark and eight random characters. */
const LONGEST_KEPT_NAME = 200;

const utf8 = new TextEncoder();

/** True for the name of a file that an interrupted atomicWriteFile left: `.NAME.nodewright-RANDOM`. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.nodewright-[0-9a-f]{8}$/.test(name);
}

/** Where the content of `path` is written before it has its place: a new name beside it. */
export function temporaryPath(path: string): string {
  const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const name = path.slice(path.lastIndexOf("/") + 1);
  const kept = utf8.encode(name).length > LONGEST_KEPT_NAME ? name.slice(0, 50) : name;
  return `${parentOf(path)}/.${kept}${MARK}${random}`;
}

/**
 * Removes what interrupted writes left in a directory and says which. Only for a caller that
 * holds the lock of everything that writes there: a write under way would lose its file.
 */
export function removeTemporaryFiles(directory: string): readonly string[] {
  return listDirectory(directory)
    .filter(isTemporaryName)
    .map((name) => `${directory.replace(/\/$/, "")}/${name}`)
    .filter(removeFile);
}
