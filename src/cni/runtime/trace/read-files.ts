import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ConfList } from "../../conf/conf-list.ts";
import { dataDirsOf } from "../holdings.ts";
import type { KernelItem } from "./kernel-item.ts";

/** More than this of a file is not shown. */
const MAX_SHOWN = 120;

/** host-local's files of a network, with what is in them: whose an address is, which was the last. */
export function readReservationFiles(list: ConfList): readonly KernelItem[] {
  return dataDirsOf([list]).flatMap((dataDir) => {
    const dir = join(dataDir, list.name);
    return namesIn(dir).flatMap((name): readonly KernelItem[] => {
      const path = join(dir, name);
      // Empty by its nature, and there to be locked.
      const text = name === "lock" ? "" : contentOf(path);
      if (text === undefined) return [];
      const shown = text === "" ? path : `${path}: ${text}`;
      return [{ where: "host", subject: "file", key: `file ${path}`, text: shown }];
    });
  });
}

function namesIn(dir: string): readonly string[] {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(dir).sort();
}

function contentOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    return readFileSync(path, "utf8").trim().split(/\s+/).join(" ").slice(0, MAX_SHOWN);
  } catch {
    // Gone since its name was read.
    return undefined;
  }
}
