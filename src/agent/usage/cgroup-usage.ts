/** What a cgroup has used and may use, in cAdvisor's terms; absent where its kernel does not say. */
export interface CgroupUsage {
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
  readonly tasks: { readonly processes?: number; readonly threads?: number };
}

/** Seconds, and scheduler periods. */
interface CpuUsage {
  readonly total?: number;
  readonly user?: number;
  readonly system?: number;
  readonly periods?: number;
  readonly throttledPeriods?: number;
  readonly throttled?: number;
  readonly shares?: number;
  readonly periodUs?: number;
  /** Only where there is a quota. */
  readonly quotaUs?: number;
}

/** Bytes, and counts of what has happened. */
interface MemoryUsage {
  readonly usage?: number;
  readonly maxUsage?: number;
  readonly workingSet?: number;
  readonly cache?: number;
  readonly rss?: number;
  readonly swap?: number;
  readonly mappedFile?: number;
  readonly kernel?: number;
  readonly activeFile?: number;
  readonly inactiveFile?: number;
  readonly limitHits?: number;
  readonly oomKills?: number;
  readonly faults?: number;
  readonly majorFaults?: number;
  /** 0 for none. */
  readonly limit?: number;
}

/** A file of a cgroup: in version 1 of its controller's hierarchy; undefined where there is none. */
export type ReadCgroup = (controller: string, file: string) => Promise<string | undefined>;

/** A tick of /proc and cpuacct is 10 ms on every Linux that Kubernetes runs on. */
const TICKS_PER_SECOND = 100;
/** Version 1 says "no limit" with the largest multiple of a page. */
const NO_LIMIT = 2 ** 62;

/** Reads a cgroup of version 1. */
export async function legacyUsage(read: ReadCgroup): Promise<CgroupUsage> {
  const number = async (controller: string, file: string): Promise<number | undefined> =>
    toNumber(await read(controller, file));
  const stat = pairs(await read("memory", "memory.stat"));
  const times = pairs(await read("cpuacct", "cpuacct.stat"));
  const throttling = pairs(await read("cpu", "cpu.stat"));
  const oom = pairs(await read("memory", "memory.oom_control"));
  const usage = await number("memory", "memory.usage_in_bytes");
  const limit = await number("memory", "memory.limit_in_bytes");
  const quota = await number("cpu", "cpu.cfs_quota_us");
  const inactiveFile = stat.get("total_inactive_file");
  return withoutAbsent({
    cpu: {
      total: scaled(await number("cpuacct", "cpuacct.usage"), 1e9),
      user: scaled(times.get("user"), TICKS_PER_SECOND),
      system: scaled(times.get("system"), TICKS_PER_SECOND),
      periods: throttling.get("nr_periods"),
      throttledPeriods: throttling.get("nr_throttled"),
      throttled: scaled(throttling.get("throttled_time"), 1e9),
      shares: await number("cpu", "cpu.shares"),
      periodUs: await number("cpu", "cpu.cfs_period_us"),
      quotaUs: quota === -1 ? undefined : quota,
    },
    memory: {
      usage,
      maxUsage: await number("memory", "memory.max_usage_in_bytes"),
      workingSet: workingSet(usage, inactiveFile),
      cache: stat.get("total_cache"),
      rss: stat.get("total_rss"),
      swap: stat.get("total_swap"),
      mappedFile: stat.get("total_mapped_file"),
      kernel: await number("memory", "memory.kmem.usage_in_bytes"),
      activeFile: stat.get("total_active_file"),
      inactiveFile,
      limitHits: await number("memory", "memory.failcnt"),
      oomKills: oom.get("oom_kill"),
      faults: stat.get("total_pgfault"),
      majorFaults: stat.get("total_pgmajfault"),
      limit: limit !== undefined && limit >= NO_LIMIT ? 0 : limit,
    },
    tasks: {
      processes: lineCount(await read("cpu", "cgroup.procs")),
      threads: lineCount(await read("cpu", "tasks")),
    },
  });
}

/** Reads a cgroup of version 2. */
export async function unifiedUsage(read: ReadCgroup): Promise<CgroupUsage> {
  const text = (file: string): Promise<string | undefined> => read("", file);
  const number = async (file: string): Promise<number | undefined> => toNumber(await text(file));
  const stat = pairs(await text("memory.stat"));
  const times = pairs(await text("cpu.stat"));
  const events = pairs(await text("memory.events"));
  const usage = await number("memory.current");
  const weight = await number("cpu.weight");
  const [quota, period] = ((await text("cpu.max")) ?? "").trim().split(" ");
  const inactiveFile = stat.get("inactive_file");
  return withoutAbsent({
    cpu: {
      total: scaled(times.get("usage_usec"), 1e6),
      user: scaled(times.get("user_usec"), 1e6),
      system: scaled(times.get("system_usec"), 1e6),
      periods: times.get("nr_periods"),
      throttledPeriods: times.get("nr_throttled"),
      throttled: scaled(times.get("throttled_usec"), 1e6),
      shares: weight === undefined ? undefined : sharesOfWeight(weight),
      periodUs: toNumber(period),
      quotaUs: toNumber(quota),
    },
    memory: {
      usage,
      maxUsage: await number("memory.peak"),
      workingSet: workingSet(usage, inactiveFile),
      cache: stat.get("file"),
      rss: stat.get("anon"),
      swap: await number("memory.swap.current"),
      mappedFile: stat.get("file_mapped"),
      kernel: stat.get("kernel"),
      activeFile: stat.get("active_file"),
      inactiveFile,
      limitHits: events.get("max"),
      oomKills: events.get("oom_kill"),
      faults: stat.get("pgfault"),
      majorFaults: stat.get("pgmajfault"),
      limit: (await text("memory.max"))?.trim() === "max" ? 0 : await number("memory.max"),
    },
    tasks: {
      processes: lineCount(await text("cgroup.procs")),
      threads: lineCount(await text("cgroup.threads")),
    },
  });
}

/** The inverse of what runtimes make of cpu.shares: 2..262144 over 1..10000. */
function sharesOfWeight(weight: number): number {
  return Math.floor(2 + ((weight - 1) * 262_142) / 9999);
}

/** What cannot be given back at once. */
function workingSet(usage: number | undefined, inactive: number | undefined): number | undefined {
  return usage === undefined ? undefined : Math.max(0, usage - (inactive ?? 0));
}

function scaled(value: number | undefined, perUnit: number): number | undefined {
  return value === undefined ? undefined : value / perUnit;
}

function toNumber(text: string | undefined): number | undefined {
  const digits = /^-?\d+$/.exec(text?.trim() ?? "");
  return digits === null ? undefined : Number(digits[0]);
}

/** `key value` lines. */
function pairs(text: string | undefined): ReadonlyMap<string, number> {
  const lines = (text ?? "").split("\n").map((line) => line.split(" "));
  return new Map(lines.map(([key = "", value]) => [key, Number(value)]));
}

function lineCount(text: string | undefined): number | undefined {
  return text === undefined ? undefined : text.split("\n").length - 1;
}

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

function withoutAbsent(loose: {
  readonly cpu: Loose<CpuUsage>;
  readonly memory: Loose<MemoryUsage>;
  readonly tasks: Loose<CgroupUsage["tasks"]>;
}): CgroupUsage {
  return { cpu: present(loose.cpu), memory: present(loose.memory), tasks: present(loose.tasks) };
}

/** Without the keys whose value is undefined. */
function present<T extends object>(loose: Loose<T>): T {
  // cast: every field of T is optional, and those that are left have their value
  return Object.fromEntries(Object.entries(loose).filter(([, value]) => value !== undefined)) as T;
}
