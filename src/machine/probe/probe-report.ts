/** Whether a feature works: tried and done, tried and refused, or not to be tried here. */
export type ProbeState = "yes" | "no" | "unknown";

/** One feature of the kernel and what happened when it was tried. */
export interface ProbeResult {
  /** Stable kebab-case word: `overlayfs`, `nft-masquerade`, `cgroup-memory`. */
  readonly feature: string;
  readonly state: ProbeState;
  /** The evidence, in a few words. */
  readonly detail: string;
  /** What modprobe(8) would have to load, where the feature can be a module. */
  readonly module?: string;
}

/** How control groups are arranged. */
export interface CgroupReport {
  /** `hybrid`: v1 controllers beside a v2 tree that has none of the important ones. */
  readonly mode: "v2" | "v1" | "hybrid" | "none";
  /** One result for each of cpu, cpuset, memory, pids, hugetlb, devices, freezer, io. */
  readonly controllers: readonly ProbeResult[];
}

/** What a kernel can do for a worker node: plain JSON, made on the node. */
export interface ProbeReport {
  readonly features: readonly ProbeResult[];
  readonly cgroup: CgroupReport;
  /** Limits that nodes run into; null where the kernel does not have the setting. */
  readonly limits: Readonly<Record<ProbeLimit, number | null>>;
}

/** Sysctls that are read as limits. */
export const PROBE_LIMITS = [
  "fs.inotify.max_user_instances",
  "fs.inotify.max_user_watches",
  "fs.file-max",
  "kernel.pid_max",
  "user.max_user_namespaces",
  "user.max_net_namespaces",
] as const;
export type ProbeLimit = (typeof PROBE_LIMITS)[number];
