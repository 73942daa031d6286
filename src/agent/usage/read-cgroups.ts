import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CgroupUsage, legacyUsage, type ReadCgroup, unifiedUsage } from "./cgroup-usage.ts";
import { type InterfaceUsage, parseNetDev } from "./network-usage.ts";

/** One cgroup as it is now. */
export interface CgroupReport {
  /** Its path below the cgroup file system: `/kubepods/besteffort/podUID`. */
  readonly path: string;
  readonly usage: CgroupUsage;
  /** When it was made, in seconds since the epoch. */
  readonly createdAt: number;
  /** Of the network namespace of its processes; empty where that is not asked for. */
  readonly network: readonly InterfaceUsage[];
}

const ROOT = "/sys/fs/cgroup";

/** Where the cgroups are. */
export interface CgroupPlaces {
  readonly isV2: boolean;
  /** The cgroup above all pods: `/kubepods`. */
  readonly pods: string;
}

/**
 * The machine's own cgroup, the pods', and everything below, one after the other: a scrape that
 * takes a moment longer disturbs nobody. `hasNetwork` chooses those whose network is read.
 */
export async function readCgroups(
  places: CgroupPlaces,
  hasNetwork: (path: string) => boolean,
): Promise<CgroupReport[]> {
  const found: CgroupReport[] = [];
  for (const path of ["/", ...(await descend(places, places.pods))]) {
    const report = await readCgroup(places, path, hasNetwork(path)).catch(() => undefined);
    // A container may end while it is read.
    if (report !== undefined) found.push(report);
  }
  return found;
}

async function readCgroup(
  { isV2 }: CgroupPlaces,
  path: string,
  hasNetwork: boolean,
): Promise<CgroupReport> {
  const at = (controller: string): string => join(ROOT, isV2 ? "" : controller, path);
  const read: ReadCgroup = (controller, file) =>
    readFile(join(at(controller), file), "utf8").catch(() => undefined);
  const [usage, made, network] = await Promise.all([
    isV2 ? unifiedUsage(read) : legacyUsage(read),
    stat(at("cpu")),
    hasNetwork ? readNetwork(at("cpu")) : [],
  ]);
  return { path, usage, network, createdAt: Math.floor(made.ctimeMs / 1000) };
}

/** The path and all that are below it. */
async function descend({ isV2 }: CgroupPlaces, top: string): Promise<string[]> {
  const base = join(ROOT, isV2 ? "" : "cpu");
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    const entries = await readdir(join(base, path), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return;
    found.push(path);
    for (const entry of entries) if (entry.isDirectory()) await walk(join(path, entry.name));
  };
  await walk(top);
  return found;
}

async function readNetwork(directory: string): Promise<readonly InterfaceUsage[]> {
  const processes = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
  const first = processes.split("\n")[0] ?? "";
  const of = directory === join(ROOT, "cpu") || directory === ROOT ? "self" : first;
  if (of === "") return [];
  return parseNetDev(await readFile(`/proc/${of}/net/dev`, "utf8").catch(() => ""));
}
