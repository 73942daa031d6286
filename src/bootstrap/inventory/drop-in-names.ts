import { basename } from "node:path";
import type { Problem } from "../../base/mod.ts";
import { misnamedDropInFolders, readableDropInName } from "../../config/mod.ts";

/** Files of a drop-in folder that systemd would pass over without a word. */
export function unreadDropIns(folder: string, names: readonly string[]): readonly Problem[] {
  return names.flatMap((name) => {
    const right = readableDropInName(name);
    if (right === undefined) return [];
    const problem = {
      message: `Cannot use a drop-in whose name does not end in .conf: ${folder}/${name}`,
      locations: [{ file: `${folder}/${name}`, line: 1, column: 1 }],
      fix: `Rename it to ${right}, or move it away`,
    };
    return [{ code: "unread-drop-in", severity: "warning", ...problem } as const];
  });
}

/** Folders beside the units that look like those of their drop-ins, and are not. */
export function misnamedFolders(
  units: readonly string[],
  names: readonly string[],
): readonly Problem[] {
  return units
    .map((path) => basename(path))
    .flatMap((unit) => {
      const folders = misnamedDropInFolders(unit).filter((folder) => names.includes(folder));
      return folders.map((folder) => ({
        code: "unread-drop-in",
        severity: "warning" as const,
        message: `Cannot use units/${folder}: drop-ins of ${unit} are read from units/${unit}.d`,
        locations: [{ file: `units/${unit}`, line: 1, column: 1 }],
        fix: `mv units/${folder} units/${unit}.d`,
      }));
    });
}
