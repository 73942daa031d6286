import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/mod.ts";
import { LabError } from "./lab-error.ts";

/** One mounted cgroup hierarchy of the host. */
export interface CgroupHierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** The v1 controllers of this hierarchy; empty for v2 and for named ones. */
  readonly controllers: readonly string[];
}

const V1_CONTROLLERS = new Set(
  "blkio cpu cpuacct cpuset devices freezer hugetlb memory net_cls net_prio perf_event pids rdma misc".split(
    " ",
  ),
);

/** The cgroup hierarchies in a mount table (proc_pid_mountinfo(5)). */
export function parseHierarchies(mountInfo: string): CgroupHierarchy[] {
  return mountInfo.split("\n").flatMap((line): CgroupHierarchy[] => {
    const [mount = "", source = ""] = line.split(" - ");
    const mountPoint = mount.split(" ")[4] ?? "";
    const [type, , options = ""] = source.split(" ");
    if (type === "cgroup2") return [{ mountPoint, version: 2, controllers: [] }];
    if (type !== "cgroup") return [];
    const controllers = options.split(",").filter((word) => V1_CONTROLLERS.has(word));
    return [{ mountPoint, version: 1, controllers }];
  });
}

/** The cgroup hierarchies of this host. */
export async function readHierarchies(): Promise<CgroupHierarchy[]> {
  return parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));
}

/**
 * Makes a cgroup for a machine in every hierarchy and returns their directories, so that the
 * machines of one host do not see each other's (nor the host's) groups as their own. Only for a
 * host whose PID 1 is not systemd; systemd makes a scope for us otherwise.
 */
export async function createCgroups(
  hierarchies: readonly CgroupHierarchy[],
  path: readonly [lab: string, machine: string],
): Promise<string[]> {
  const directories: string[] = [];
  // Beside v1 the v2 hierarchy only tracks processes (systemd's hybrid layout).
  const isUnified = hierarchies.every((hierarchy) => hierarchy.version === 2);
  const prepare = (hierarchy: CgroupHierarchy, parent: string, child: string): Promise<void> => {
    if (hierarchy.version === 1) return fillCpuset(hierarchy, parent, child);
    return isUnified ? delegate(parent) : Promise.resolve();
  };
  for (const hierarchy of hierarchies) {
    const outer = join(hierarchy.mountPoint, path[0]);
    const inner = join(outer, path[1]);
    await mkdir(outer, { recursive: true });
    await prepare(hierarchy, hierarchy.mountPoint, outer);
    await mkdir(inner, { recursive: true });
    await prepare(hierarchy, outer, inner);
    directories.push(inner);
  }
  return directories;
}

async function fillCpuset(
  hierarchy: CgroupHierarchy,
  parent: string,
  child: string,
): Promise<void> {
  if (!hierarchy.controllers.includes("cpuset")) return;
  // A new v1 cpuset is empty, and no process can enter an empty one.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    await writeFile(join(child, file), await readFile(join(parent, file), "utf8"));
  }
}

/** Gives every controller of a v2 group to its children; for the root that stays, as under systemd. */
async function delegate(directory: string): Promise<void> {
  const have = await words(join(directory, "cgroup.controllers"));
  const given = new Set(await words(join(directory, "cgroup.subtree_control")));
  const missing = have.filter((controller) => !given.has(controller));
  if (missing.length === 0) return;
  const file = join(directory, "cgroup.subtree_control");
  try {
    await writeFile(file, missing.map((controller) => `+${controller}`).join(" "));
  } catch (cause) {
    throw new LabError("host-unfit", `Cannot give cgroup controllers to the lab: "${file}"`, {
      cause,
      fix: "Run the lab where the root of the cgroup tree holds no processes, e.g. not in a container",
    });
  }
}

async function words(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).split(/\s+/).filter((word) => word !== "");
}

/** Every process in the groups below these directories. */
export async function cgroupMembers(directories: readonly string[]): Promise<number[]> {
  const members = new Set<number>();
  for (const directory of directories) {
    for (const group of await tree(directory)) {
      const text = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
      for (const pid of text.split("\n")) if (pid !== "") members.add(Number(pid));
    }
  }
  return [...members];
}

/** Removes a group and all below it from every hierarchy; waits for its last processes to be gone. */
export async function removeCgroups(
  hierarchies: readonly CgroupHierarchy[],
  path: readonly string[],
  clock: Clock,
): Promise<void> {
  for (const hierarchy of hierarchies) {
    const directory = join(hierarchy.mountPoint, ...path);
    for (const group of (await tree(directory)).reverse()) await removeGroup(group, clock);
  }
}

async function removeGroup(group: string, clock: Clock): Promise<void> {
  // The kernel says busy for a moment after the last process has ended.
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(group);
    } catch (thrown) {
      // cast: an error of node:fs; only its code is looked at
      const { code } = thrown as { code?: unknown };
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || attempt === 100) {
        throw new LabError("conflict", `Cannot remove the cgroup "${group}": ${String(code)}`, {
          cause: thrown,
          fix: "End the processes listed in its cgroup.procs and repeat",
        });
      }
    }
    await clock.sleep(20);
  }
}

/** A group and all below it, parents first; empty where it does not exist. */
async function tree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const found = [directory];
  for (const entry of entries) {
    if (entry.isDirectory()) found.push(...(await tree(join(directory, entry.name))));
  }
  return found;
}

/** The host's directories of the groups that a process is in, from its /proc/PID/cgroup. */
export async function cgroupsOf(
  pid: number,
  hierarchies: readonly CgroupHierarchy[],
): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [, names = "", path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const hierarchy = hierarchies.find((one) => matches(one, names));
    return hierarchy === undefined || path === undefined ? [] : [join(hierarchy.mountPoint, path)];
  });
}

function matches(hierarchy: CgroupHierarchy, names: string): boolean {
  if (names === "") return hierarchy.version === 2;
  if (hierarchy.version === 2) return false;
  const name = names.startsWith("name=") ? names : names.split(",")[0];
  if (name?.startsWith("name=")) {
    return hierarchy.controllers.length === 0;
  }
  return hierarchy.controllers.includes(name ?? "");
}
