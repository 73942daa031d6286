import type { CgroupUsage } from "./cgroup-usage.ts";
import type { InterfaceUsage } from "./network-usage.ts";
import type { CgroupReport } from "./read-cgroups.ts";

/** A file system of the node. */
export interface FileSystemUsage {
  readonly device: string;
  readonly capacity: number;
  readonly used: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

export type Kind = "counter" | "gauge";
/** One metric: name, type, help, value, labels besides those of what it is about. */
export type Row<T> = readonly [
  name: string,
  kind: Kind,
  help: string,
  value: (of: T) => number | undefined,
  labels?: Readonly<Record<string, string>>,
];

/** cAdvisor's metrics of a cgroup. */
export const CGROUP_ROWS: readonly Row<CgroupReport>[] = [
  ...cpuRows(),
  ...memoryRows(),
  [
    "container_processes",
    "gauge",
    "Number of processes running inside the container.",
    ({ usage }) => usage.tasks.processes,
  ],
  [
    "container_threads",
    "gauge",
    "Number of threads running inside the container",
    ({ usage }) => usage.tasks.threads,
  ],
  [
    "container_start_time_seconds",
    "gauge",
    "Start time of the container since unix epoch in seconds.",
    ({ createdAt }) => createdAt,
  ],
];

function cpuRows(): readonly Row<CgroupReport>[] {
  const row = (
    name: string,
    help: string,
    value: (cpu: CgroupUsage["cpu"]) => number | undefined,
    options: { readonly kind?: Kind; readonly labels?: Readonly<Record<string, string>> } = {},
  ): Row<CgroupReport> => [
    name,
    options.kind ?? "counter",
    help,
    ({ usage }) => value(usage.cpu),
    options.labels ?? {},
  ];
  // As cAdvisor: throttling is no news of a cgroup without a quota.
  const limited =
    (value: (cpu: CgroupUsage["cpu"]) => number | undefined) => (cpu: CgroupUsage["cpu"]) =>
      cpu.quotaUs === undefined ? undefined : value(cpu);
  const gauge = { kind: "gauge" } as const;
  return [
    row(
      "container_cpu_usage_seconds_total",
      "Cumulative cpu time consumed in seconds.",
      ({ total }) => total,
      { labels: { cpu: "total" } },
    ),
    row(
      "container_cpu_user_seconds_total",
      "Cumulative user cpu time consumed in seconds.",
      ({ user }) => user,
    ),
    row(
      "container_cpu_system_seconds_total",
      "Cumulative system cpu time consumed in seconds.",
      ({ system }) => system,
    ),
    row(
      "container_cpu_cfs_periods_total",
      "Number of elapsed enforcement period intervals.",
      limited(({ periods }) => periods),
    ),
    row(
      "container_cpu_cfs_throttled_periods_total",
      "Number of throttled period intervals.",
      limited(({ throttledPeriods }) => throttledPeriods),
    ),
    row(
      "container_cpu_cfs_throttled_seconds_total",
      "Total time duration the container has been throttled.",
      limited(({ throttled }) => throttled),
    ),
    row(
      "container_spec_cpu_period",
      "CPU period of the container.",
      ({ periodUs }) => periodUs,
      gauge,
    ),
    row("container_spec_cpu_quota", "CPU quota of the container.", ({ quotaUs }) => quotaUs, gauge),
    row("container_spec_cpu_shares", "CPU share of the container.", ({ shares }) => shares, gauge),
  ];
}

function memoryRows(): readonly Row<CgroupReport>[] {
  const row = (
    [name, kind]: readonly [string, Kind],
    help: string,
    value: (memory: CgroupUsage["memory"]) => number | undefined,
  ): Row<CgroupReport> => [name, kind, help, ({ usage }) => value(usage.memory)];
  const gauge = (
    name: string,
    help: string,
    value: (memory: CgroupUsage["memory"]) => number | undefined,
  ): Row<CgroupReport> => row([`container_${name}`, "gauge"], help, value);
  return [
    gauge(
      "memory_usage_bytes",
      "Current memory usage in bytes, including all memory regardless of when it was accessed",
      ({ usage }) => usage,
    ),
    gauge(
      "memory_working_set_bytes",
      "Current working set in bytes.",
      ({ workingSet }) => workingSet,
    ),
    gauge("memory_rss", "Size of RSS in bytes.", ({ rss }) => rss),
    gauge("memory_cache", "Number of bytes of page cache memory.", ({ cache }) => cache),
    gauge("memory_swap", "Container swap usage in bytes.", ({ swap }) => swap),
    gauge(
      "memory_mapped_file",
      "Size of memory mapped files in bytes.",
      ({ mappedFile }) => mappedFile,
    ),
    gauge(
      "memory_kernel_usage",
      "Size of kernel memory allocated in bytes.",
      ({ kernel }) => kernel,
    ),
    gauge(
      "memory_max_usage_bytes",
      "Maximum memory usage recorded in bytes",
      ({ maxUsage }) => maxUsage,
    ),
    gauge(
      "memory_total_active_file_bytes",
      "Current total active file in bytes.",
      ({ activeFile }) => activeFile,
    ),
    gauge(
      "memory_total_inactive_file_bytes",
      "Current total inactive file in bytes.",
      ({ inactiveFile }) => inactiveFile,
    ),
    gauge("spec_memory_limit_bytes", "Memory limit for the container.", ({ limit }) => limit),
    row(
      ["container_memory_failcnt", "counter"],
      "Number of memory usage hits limits",
      ({ limitHits }) => limitHits,
    ),
    row(
      ["container_oom_events_total", "counter"],
      "Count of out of memory events observed for the container",
      ({ oomKills }) => oomKills,
    ),
    ...faultRows(),
  ];
}

function faultRows(): readonly Row<CgroupReport>[] {
  const help = "Cumulative count of memory allocation failures.";
  const fault = (
    failureType: string,
    value: (memory: CgroupUsage["memory"]) => number | undefined,
  ): Row<CgroupReport> => [
    ...(["container_memory_failures_total", "counter", help] as const),
    ({ usage }) => value(usage.memory),
    { failure_type: failureType, scope: "hierarchy" },
  ];
  return [
    fault("pgfault", ({ faults }) => faults),
    fault("pgmajfault", ({ majorFaults }) => majorFaults),
  ];
}

const WAYS = [
  { word: "receive", way: "received", stem: "receiv" },
  { word: "transmit", way: "sent", stem: "transmitt" },
] as const;

export const NETWORK_ROWS: readonly Row<InterfaceUsage>[] = WAYS.flatMap(({ word, way, stem }) => {
  const row = (
    [name, help]: readonly [string, string],
    value: (of: InterfaceUsage) => number,
  ): Row<InterfaceUsage> => [`container_network_${word}_${name}_total`, "counter", help, value];
  return [
    row(["bytes", `Cumulative count of bytes ${stem}ed`], (one) => one[way].bytes),
    row(["packets", `Cumulative count of packets ${stem}ed`], (one) => one[way].packets),
    row(
      ["packets_dropped", `Cumulative count of packets dropped while ${stem}ing`],
      (one) => one[way].dropped,
    ),
    row(
      ["errors", `Cumulative count of errors encountered while ${stem}ing`],
      (one) => one[way].errors,
    ),
  ];
});

export const FILE_SYSTEM_ROWS: readonly Row<FileSystemUsage>[] = [
  [
    "container_fs_usage_bytes",
    "gauge",
    "Number of bytes that are consumed by the container on this filesystem.",
    ({ used }) => used,
  ],
  [
    "container_fs_limit_bytes",
    "gauge",
    "Number of bytes that can be consumed by the container on this filesystem.",
    ({ capacity }) => capacity,
  ],
  ["container_fs_inodes_total", "gauge", "Number of Inodes", ({ inodes }) => inodes],
  ["container_fs_inodes_free", "gauge", "Number of available Inodes", (one) => one.inodesFree],
];
