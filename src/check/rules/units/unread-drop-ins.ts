import { misnamedDropInFolders, readableDropInName } from "../../../config/mod.ts";
import { claimedOfInventory, foundOf } from "../../claims.ts";
import { dropInFolders, UNIT_DIRS } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

function unreadFiles(files: NodeTree, unit: string): Found[] {
  const folders = dropInFolders(unit).flatMap((name) => UNIT_DIRS.map((dir) => `${dir}/${name}`));
  return folders.flatMap((folder) =>
    (files.list(folder) ?? []).flatMap((name): Found[] => {
      const file = files.get(`${folder}/${name}`);
      const right = readableDropInName(name);
      if (right === undefined || file === undefined) return [];
      return [
        {
          message: `systemd does not read a drop-in of ${unit} whose name does not end in .conf: ${file.shown}`,
          locations: [{ file: file.shown, line: 1, column: 1 }],
          fix: `Rename it to ${right}, or move it away`,
        },
      ];
    }),
  );
}

function unreadFolders(files: NodeTree, unit: string): Found[] {
  return UNIT_DIRS.flatMap((dir) =>
    misnamedDropInFolders(unit).flatMap((folder): Found[] => {
      const [first] = files.list(`${dir}/${folder}`) ?? [];
      if (first === undefined) return [];
      return [
        {
          message: `systemd does not look for drop-ins of ${unit} in ${dir}/${folder}`,
          locations: [{ file: `${dir}/${folder}/${first}`, line: 1, column: 1 }],
          fix: `Rename the folder to ${unit}.d`,
        },
      ];
    }),
  );
}

/** NW-B17 */
export const unreadDropIns = nodeRule({
  id: "NW-B17",
  severity: "warning",
  title: "systemd reads every drop-in of the units",
  stages: ["files"],
  places: ["units/UNIT.d/, /etc/systemd/system/UNIT.d/ and the like: names of files and folders"],
  symptom:
    "A setting of a drop-in has no effect, also after `systemctl daemon-reload`: `systemctl cat kubelet` does not show it.",
  why:
    "systemd reads the files of UNIT.service.d whose names end in .conf, and passes over all others without " +
    "a word. A folder that has another name, as kubelet.d, is not looked into.",
  fix: "Give the file a name that ends in .conf, and its folder the unit's whole name with .d.",
  provoked: { how: "a drop-in 20-memory: `systemctl cat` does not show it" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "inventory"],
  check(facts) {
    const { files, inventory } = facts;
    const ofDirectory =
      inventory === undefined ? [] : claimedOfInventory("NW-B17", inventory).map(foundOf);
    return [
      ...ofDirectory,
      ...unitsOf(facts).flatMap(({ name }) => [
        ...unreadFiles(files, name),
        ...unreadFolders(files, name),
      ]),
    ];
  },
});
