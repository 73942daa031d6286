import { Counter, Gauge, Registry } from "prom-client";
import {
  CGROUP_ROWS,
  FILE_SYSTEM_ROWS,
  type FileSystemUsage,
  NETWORK_ROWS,
  type Row,
} from "./cadvisor-rows.ts";
import type { CgroupReport } from "./read-cgroups.ts";

/** Whose a cgroup is; empty texts where it is nobody's. */
export interface CgroupOwner {
  readonly container: string;
  readonly image: string;
  /** The runtime's id of the container or sandbox. */
  readonly name: string;
  readonly namespace: string;
  readonly pod: string;
}

export interface OwnedReport extends CgroupReport {
  readonly owner: CgroupOwner;
}

/** What the machine is, in labels and sizes. */
export interface MachineFacts {
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
}

/** Pure: /metrics/cadvisor, with the names, types and labels of the kubelet's own. */
export async function cadvisorMetrics(input: {
  readonly reports: readonly OwnedReport[];
  readonly fileSystems: readonly FileSystemUsage[];
  readonly machine: MachineFacts;
}): Promise<string> {
  const sheet = new Sheet();
  const owner = (report: OwnedReport) => ({ id: report.path, ...report.owner });
  for (const report of input.reports) {
    for (const row of CGROUP_ROWS) sheet.write(row, report, owner(report));
    for (const one of report.network) {
      const labels = { ...owner(report), interface: one.name };
      for (const row of NETWORK_ROWS) sheet.write(row, one, labels);
    }
  }
  const root = { container: "", id: "/", image: "", name: "", namespace: "", pod: "" };
  for (const one of input.fileSystems) {
    for (const row of FILE_SYSTEM_ROWS) sheet.write(row, one, { ...root, device: one.device });
  }
  writeMachine(sheet, input.machine);
  return await sheet.text();
}

function writeMachine(sheet: Sheet, machine: MachineFacts): void {
  const { machineId: machine_id, systemUuid: system_uuid, bootId: boot_id } = machine;
  const labels = { boot_id, machine_id, system_uuid };
  const rows: readonly Row<MachineFacts>[] = [
    ["machine_cpu_cores", "gauge", "Number of logical CPU cores.", ({ cpus }) => cpus],
    [
      "machine_memory_bytes",
      "gauge",
      "Amount of memory installed on the machine.",
      ({ memoryBytes }) => memoryBytes,
    ],
    [
      "machine_swap_bytes",
      "gauge",
      "Amount of swap memory available on the machine.",
      ({ swapBytes }) => swapBytes,
    ],
  ];
  for (const row of rows) sheet.write(row, machine, labels);
  const about =
    "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.";
  sheet.write(["cadvisor_version_info", "gauge", about, () => 1], machine, {
    ...{ cadvisorRevision: "", cadvisorVersion: "", dockerVersion: "" },
    ...{ kernelVersion: machine.kernelVersion, osVersion: machine.osImage },
  });
  const failed = "1 if there was an error while getting container metrics, 0 otherwise";
  sheet.write(["container_scrape_error", "gauge", failed, () => 0], machine, {});
  const unread = "1 if there was an error while getting machine metrics, 0 otherwise.";
  sheet.write(["machine_scrape_error", "gauge", unread, () => 0], machine, {});
}

/** A registry that makes each metric when its first value comes. */
class Sheet {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Counter | Gauge>();

  write<T>([name, kind, help, value, more = {}]: Row<T>, of: T, labels: Labels): void {
    const amount = value(of);
    if (amount === undefined) return;
    const all = { ...labels, ...more };
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      const options = { name, help, labelNames: Object.keys(all), registers: [this.#registry] };
      metric = kind === "counter" ? new Counter(options) : new Gauge(options);
      this.#metrics.set(name, metric);
    }
    metric.inc(all, amount);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

type Labels = Readonly<Record<string, string>>;
