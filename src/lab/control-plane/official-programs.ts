import { stat } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../machines/mod.ts";

/** The tutorial's control plane, in the order of its start. */
export const OFFICIAL_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;
export type OfficialProgram = (typeof OFFICIAL_PROGRAMS)[number];

/** Where the programs may lie in the directory: in itself, or as in the tutorial's downloads/. */
const FOLDERS = ["", "controller", "client", "worker"];

/** The path of each program in a directory of the user's; rejects where one is missing. */
export async function findPrograms<Name extends string>(
  directory: string,
  names: readonly Name[],
): Promise<ReadonlyMap<Name, string>> {
  const found = new Map<Name, string>();
  for (const name of names) {
    const path = await findProgram(directory, name);
    if (path !== undefined) found.set(name, path);
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new LabError("host-unfit", `Cannot find ${missing.join(", ")} in "${directory}"`, {
    fix: "Put the executables there, under these names; or leave the option out",
  });
}

async function findProgram(directory: string, name: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const path = join(directory, folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() === true && (info.mode & 0o111) !== 0) return path;
  }
  return undefined;
}
