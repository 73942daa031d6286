import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseMountInfo } from "../../sys/mod.ts";
import { weightOf } from "./amounts.ts";
import type { CgroupLimits } from "./pod-limits.ts";

/** Makes and removes cgroups by the kernel's own files; both versions. */
export interface CgroupTree {
  readonly isV2: boolean;
  ensure(path: string, limits?: CgroupLimits): Promise<void>;
  exists(path: string): Promise<boolean>;
  remove(path: string): Promise<void>;
}

const ROOT = "/sys/fs/cgroup";
/** How often a cgroup is tried again whose last process the kernel has not reaped yet. */
const ATTEMPTS = 50;

export function openCgroupTree(): CgroupTree {
  return existsSync(join(ROOT, "cgroup.controllers")) ? new UnifiedTree() : new LegacyTree();
}

class UnifiedTree implements CgroupTree {
  readonly isV2 = true;

  async ensure(path: string, limits?: CgroupLimits): Promise<void> {
    let at = ROOT;
    for (const part of path.split("/").filter((name) => name !== "")) {
      await this.#delegate(at);
      at = join(at, part);
      await mkdir(at, { recursive: true });
    }
    if (limits === undefined) return;
    const { cpuQuotaUs, cpuPeriodUs, memoryBytes, pids } = limits;
    await writeFile(join(at, "cpu.weight"), String(weightOf(limits.cpuShares)));
    await writeFile(join(at, "cpu.max"), `${cpuQuotaUs ?? "max"} ${cpuPeriodUs}`);
    await writeFile(join(at, "memory.max"), String(memoryBytes ?? "max"));
    await writeFile(join(at, "pids.max"), String(pids ?? "max"));
    if (limits.protection === undefined) return;
    await writeFile(join(at, "memory.min"), String(limits.protection.min ?? 0));
    await writeFile(join(at, "memory.low"), String(limits.protection.low ?? 0));
  }

  async exists(path: string): Promise<boolean> {
    return existsSync(join(ROOT, path));
  }

  async remove(path: string): Promise<void> {
    await removeTree(join(ROOT, path));
  }

  /** Lets the cgroups below have the controllers that this one has. */
  async #delegate(directory: string): Promise<void> {
    const words = async (file: string): Promise<string[]> =>
      (await readFile(join(directory, file), "utf8")).trim().split(/\s+/);
    const enabled = await words("cgroup.subtree_control");
    const wanted = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];
    const available = await words("cgroup.controllers");
    for (const controller of wanted) {
      if (!available.includes(controller) || enabled.includes(controller)) continue;
      await writeFile(join(directory, "cgroup.subtree_control"), `+${controller}`);
    }
  }
}

class LegacyTree implements CgroupTree {
  readonly isV2 = false;

  async ensure(path: string, limits?: CgroupLimits): Promise<void> {
    for (const { mountPoint, controllers } of await hierarchies()) {
      const directory = join(mountPoint, path);
      if (controllers.includes("cpuset")) await makeCpuset(mountPoint, path);
      else await mkdir(directory, { recursive: true });
      if (limits !== undefined) await applyLegacy(directory, controllers, limits);
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await hierarchies()).some(({ mountPoint }) => existsSync(join(mountPoint, path)));
  }

  async remove(path: string): Promise<void> {
    // runc makes the same path in version 2's tree where the machine has that one, too.
    const trees = [...(await hierarchies()), ...(await hierarchies("cgroup2"))];
    for (const { mountPoint } of trees) await removeTree(join(mountPoint, path));
  }
}

interface Hierarchy {
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

async function hierarchies(type: "cgroup" | "cgroup2" = "cgroup"): Promise<Hierarchy[]> {
  const mounts = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
  return mounts
    .filter(({ fsType }) => fsType === type)
    .map(({ mountPoint, superOptions }) => ({ mountPoint, controllers: superOptions }));
}

/** A cpuset takes no process before it has CPUs and memory nodes: those of the one above. */
async function makeCpuset(mountPoint: string, path: string): Promise<void> {
  let at = mountPoint;
  for (const part of path.split("/").filter((name) => name !== "")) {
    at = join(at, part);
    await mkdir(at, { recursive: true });
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if ((await readFile(join(at, file), "utf8")).trim() !== "") continue;
      await writeFile(join(at, file), await readFile(join(dirname(at), file), "utf8"));
    }
  }
}

async function applyLegacy(
  directory: string,
  controllers: readonly string[],
  limits: CgroupLimits,
): Promise<void> {
  const { cpuShares, cpuQuotaUs, cpuPeriodUs, memoryBytes, pids } = limits;
  if (controllers.includes("cpu")) {
    await writeFile(join(directory, "cpu.shares"), String(cpuShares));
    await writeFile(join(directory, "cpu.cfs_period_us"), String(cpuPeriodUs));
    await writeFile(join(directory, "cpu.cfs_quota_us"), String(cpuQuotaUs ?? -1));
  }
  if (controllers.includes("memory")) {
    await writeFile(join(directory, "memory.limit_in_bytes"), String(memoryBytes ?? -1));
  }
  if (controllers.includes("pids")) {
    await writeFile(join(directory, "pids.max"), String(pids ?? "max"));
  }
}

/** From the leaves up; a cgroup can go once its last process has been reaped. */
async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await removeTree(join(directory, entry.name));
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(directory);
    } catch (thrown) {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || attempt === ATTEMPTS) throw thrown;
      await Bun.sleep(20);
    }
  }
}
