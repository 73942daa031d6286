import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { type MountEntry, parseMountInfo, textOrEmpty } from "../../sys/mod.ts";
import type { CgroupReport, ProbeResult } from "./probe-report.ts";

/** The controllers that a kubelet asks for. */
const CONTROLLERS = [
  "cpu",
  "cpuset",
  "memory",
  "pids",
  "hugetlb",
  "devices",
  "freezer",
  "io",
] as const;
type Controller = (typeof CONTROLLERS)[number];

/** v2 has these in its core: devices by BPF programs, freezing by cgroup.freeze. */
const CORE_OF_V2: readonly Controller[] = ["devices", "freezer"];

/** What the arrangement of control groups is read from. */
export interface CgroupSources {
  readonly mounts: readonly MountEntry[];
  /** /proc/cgroups */
  readonly subsystems: string;
  /** cgroup.controllers and cgroup.subtree_control of the v2 root. */
  readonly available: string;
  readonly delegated: string;
  readonly isWritable: (path: string) => boolean;
}

/** Reads this machine's control groups. Nothing is created in them. */
export function probeCgroup(): CgroupReport {
  const mounts = parseMountInfo(textOrEmpty("/proc/self/mountinfo"));
  const v2 = mounts.find((mount) => mount.fsType === "cgroup2")?.mountPoint ?? "/sys/fs/cgroup";
  return describeCgroup({
    mounts,
    subsystems: textOrEmpty("/proc/cgroups"),
    available: textOrEmpty(join(v2, "cgroup.controllers")),
    delegated: textOrEmpty(join(v2, "cgroup.subtree_control")),
    // access(2) tells a read-only mount even for root.
    isWritable: (path) => {
      try {
        accessSync(path, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
  });
}

/** What the sources mean: the pure half of probeCgroup. */
export function describeCgroup(sources: CgroupSources): CgroupReport {
  const { mounts } = sources;
  const v2 = mounts.find((mount) => mount.fsType === "cgroup2");
  const hasV1 = mounts.some((mount) => mount.fsType === "cgroup");
  const mode = v2 === undefined ? (hasV1 ? "v1" : "none") : hasV1 ? "hybrid" : "v2";
  const controllers = CONTROLLERS.map((name) => {
    const found =
      mode === "v2" ? unified(name, sources, v2) : mode === "none" ? NONE : legacy(name, sources);
    return { feature: `cgroup-${name}`, ...found };
  });
  return { mode, controllers };
}

type Found = Pick<ProbeResult, "state" | "detail">;
const NONE: Found = { state: "no", detail: "no control groups are mounted" };

function unified(name: Controller, sources: CgroupSources, v2: MountEntry | undefined): Found {
  const root = v2?.mountPoint ?? "/sys/fs/cgroup";
  if (!sources.isWritable(root)) return { state: "no", detail: `${root} is mounted read-only` };
  if (CORE_OF_V2.includes(name)) return { state: "yes", detail: "part of control groups v2" };
  if (!sources.available.split(/\s+/).includes(name)) {
    return { state: "no", detail: `not in ${root}/cgroup.controllers` };
  }
  const isDelegated = sources.delegated.split(/\s+/).includes(name);
  return {
    state: "yes",
    detail: isDelegated ? "available and delegated" : "available, not delegated yet",
  };
}

function legacy(name: Controller, sources: CgroupSources): Found {
  // v1 calls it by its block layer name
  const subsystem = name === "io" ? "blkio" : name;
  const line = sources.subsystems.split("\n").find((l) => l.startsWith(`${subsystem}\t`));
  if (line === undefined) return { state: "no", detail: "the kernel is built without it" };
  if (line.split("\t")[3]?.trim() !== "1") {
    return { state: "no", detail: "disabled on the kernel's command line" };
  }
  const mount = sources.mounts.find(
    (m) => m.fsType === "cgroup" && m.superOptions.includes(subsystem),
  );
  if (mount === undefined) return { state: "no", detail: "enabled, but mounted nowhere" };
  if (!sources.isWritable(mount.mountPoint)) {
    return { state: "no", detail: `${mount.mountPoint} is mounted read-only` };
  }
  return { state: "yes", detail: `v1, at ${mount.mountPoint}` };
}
