import { expect, test } from "bun:test";
import { ownerOf } from "../server/cadvisor.ts";
import { cadvisorMetrics } from "./cadvisor-metrics.ts";
import { legacyUsage, unifiedUsage } from "./cgroup-usage.ts";
import { parseNetDev } from "./network-usage.ts";

const files = (texts: Readonly<Record<string, string>>) => async (_: string, file: string) =>
  texts[file];

test("legacyUsage() reads a cgroup of version 1", async () => {
  const read = files({
    "cpuacct.usage": "64852159\n",
    "cpuacct.stat": "user 1\nsystem 4\n",
    "cpu.stat": "nr_periods 29\nnr_throttled 2\nthrottled_time 500000000\n",
    ...{ "cpu.shares": "102\n", "cpu.cfs_period_us": "100000\n", "cpu.cfs_quota_us": "50000\n" },
    "memory.usage_in_bytes": "544768\n",
    "memory.limit_in_bytes": "9223372036854771712\n",
    "memory.stat": "cache 1\ntotal_cache 4096\ntotal_rss 110592\ntotal_inactive_file 4096\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    ...{ "cgroup.procs": "7\n8\n", tasks: "7\n8\n9\n" },
  });
  const usage = await legacyUsage(read);
  expect(usage).toEqual({
    cpu: {
      ...{ total: 0.064852159, user: 0.01, system: 0.04, periods: 29, throttledPeriods: 2 },
      ...{ throttled: 0.5, shares: 102, periodUs: 100_000, quotaUs: 50_000 },
    },
    memory: {
      ...{ usage: 544_768, workingSet: 540_672, cache: 4096, rss: 110_592 },
      ...{ inactiveFile: 4096, oomKills: 3, limit: 0 },
    },
    tasks: { processes: 2, threads: 3 },
  });
});

test("unifiedUsage() reads a cgroup of version 2", async () => {
  const read = files({
    "cpu.stat": "usage_usec 64852\nuser_usec 10000\nsystem_usec 40000\nnr_periods 0\n",
    ...{ "cpu.weight": "39\n", "cpu.max": "max 100000\n", "memory.max": "67108864\n" },
    ...{ "memory.current": "544768\n", "memory.events": "max 4\noom_kill 1\n" },
    "memory.stat": "anon 110592\nfile 8192\ninactive_file 8192\npgfault 5\n",
    ...{ "cgroup.procs": "", "cgroup.threads": "7\n" },
  });
  expect(await unifiedUsage(read)).toEqual({
    cpu: { total: 0.064852, user: 0.01, system: 0.04, periods: 0, shares: 998, periodUs: 100_000 },
    memory: {
      ...{ usage: 544_768, workingSet: 536_576, cache: 8192, rss: 110_592, inactiveFile: 8192 },
      ...{ limitHits: 4, oomKills: 1, faults: 5, limit: 67_108_864 },
    },
    tasks: { processes: 0, threads: 1 },
  });
});

test("a cgroup that has gone is all absent, not zero", async () => {
  const gone = files({});
  expect(await unifiedUsage(gone)).toEqual({ cpu: {}, memory: {}, tasks: {} });
  expect(await legacyUsage(gone)).toEqual({ cpu: {}, memory: {}, tasks: {} });
});

test("parseNetDev() leaves out what never leaves the machine", () => {
  const text = [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop",
    "    lo:       9       9    0    0    0     0          0         0        9       9    0    0",
    "  eth0:    1190      13    1    2    0     0          0         0      500       6    3    4 0 0 0 0",
    "veth12:       9       9    0    0    0     0          0         0        9       9    0    0",
  ].join("\n");
  expect(parseNetDev(text)).toEqual([
    {
      name: "eth0",
      received: { bytes: 1190, packets: 13, errors: 1, dropped: 2 },
      sent: { bytes: 500, packets: 6, errors: 3, dropped: 4 },
    },
  ]);
});

const ID = "0123456789abcdef".repeat(4);
const UID = "f0c691a0-f2c8-4734-8755-b3797b52d981";
test.each([
  [`/kubepods/burstable/pod${UID}/${ID}`, "main"],
  [`/kubepods.slice/kubepods-burstable.slice/x.slice/cri-containerd-${ID}.scope`, "main"],
  [`/kubepods/burstable/pod${UID}`, "of the pod"],
  [`/kubepods.slice/kubepods-pod${UID.replaceAll("-", "_")}.slice`, "of the pod"],
  ["/kubepods/burstable", ""],
  ["/", ""],
])("ownerOf(%p) is %p", (path, container) => {
  const owner = { image: "i", name: "n", namespace: "ns", pod: "p" };
  const owners = {
    byId: new Map([[ID, { ...owner, container: "main" }]]),
    byUid: new Map([[UID, { ...owner, container: "of the pod" }]]),
    sandboxes: new Set<string>(),
  };
  expect(ownerOf(path, owners).container).toBe(container);
});

test("cadvisorMetrics() has the kubelet's names, types and labels, and only what is known", async () => {
  const text = await cadvisorMetrics({
    reports: [
      {
        ...{ path: "/kubepods/podU/C", createdAt: 1000 },
        owner: { container: "main", image: "i:1", name: "C", namespace: "ns", pod: "p" },
        usage: {
          cpu: { total: 1.5, periods: 3 },
          memory: { workingSet: 4096, faults: 7 },
          tasks: {},
        },
        network: [],
      },
    ],
    fileSystems: [{ device: "/dev/vda", capacity: 100, used: 40, inodes: 10, inodesFree: 5 }],
    machine: {
      ...{ machineId: "m", systemUuid: "s", bootId: "b", kernelVersion: "6.1", osImage: "Debian" },
      ...{ cpus: 2, memoryBytes: 1024, swapBytes: 0 },
    },
  });
  const lines = text.split("\n");
  const owner =
    'id="/kubepods/podU/C",container="main",image="i:1",name="C",namespace="ns",pod="p"';
  expect(lines).toContain("# TYPE container_cpu_usage_seconds_total counter");
  expect(lines).toContain(`container_cpu_usage_seconds_total{${owner},cpu="total"} 1.5`);
  expect(lines).toContain("# TYPE container_memory_working_set_bytes gauge");
  expect(lines).toContain(`container_memory_working_set_bytes{${owner}} 4096`);
  expect(lines).toContain(
    `container_memory_failures_total{${owner},failure_type="pgfault",scope="hierarchy"} 7`,
  );
  expect(text).toContain('container_fs_usage_bytes{container="",id="/",');
  expect(text).toContain('machine_cpu_cores{boot_id="b",machine_id="m",system_uuid="s"} 2');
  // Without a quota nothing is throttled; what the kernel does not say is missing.
  expect(text).not.toContain("container_cpu_cfs_periods_total");
  expect(text).not.toContain("container_memory_rss");
});
