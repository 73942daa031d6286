import { fileStatus } from "./file-status.ts";

/**
 * What tells whether files have changed: another text means other contents, put in place by rename or
 * written over. A missing file has an empty part.
 */
export function fileStamp(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const found = fileStatus(path);
      return found === undefined ? "" : `${found.inode}:${found.sizeBytes}:${found.modifiedMs}`;
    })
    .join();
}
