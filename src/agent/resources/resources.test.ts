import { describe, expect, test } from "bun:test";
import type { Container, Pod } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import {
  milliCores,
  milliOf,
  podLimit,
  podRequest,
  quotaOf,
  sharesOf,
  weightOf,
} from "./amounts.ts";
import { containerResources, oomScoreAdj, sandboxResources } from "./container-resources.ts";
import { PodCgroups } from "./pod-cgroups.ts";
import {
  allPodsLimits,
  type CgroupLimits,
  cgroupPath,
  podCgroupName,
  podLimits,
  tierLimits,
} from "./pod-limits.ts";
import { swapLimit } from "./swap.ts";

const GiB = 2 ** 30;
const container = (name: string, limits = {}, requests = {}, more = {}): Container => ({
  name,
  resources: { limits, requests },
  ...more,
});
const pod = (containers: Container[], initContainers: Container[] = []): Pod => ({
  metadata: { name: "p", namespace: "ns", uid: "1-2" },
  spec: { containers, initContainers },
});

test("CPU amounts become shares, quotas and weights", () => {
  expect([0, 1, 500, 1000, 1e6].map(sharesOf)).toEqual([2, 2, 512, 1024, 262_144]);
  expect([0, 1, 500].map((milli) => quotaOf(milli, 100_000))).toEqual([0, 1000, 50_000]);
  expect([2, 1024, 262_144].map(weightOf)).toEqual([1, 39, 10_000]);
});

test("CPU amounts are exact in milli-cores", () => {
  expect([milliCores("1.1"), milliCores("0.0001"), milliCores(undefined)]).toEqual([1100, 1, 0]);
  expect(milliOf(0.1 + 0.1 + 0.1)).toBe(300);
  expect(milliOf(0.0001)).toBe(1);
});

describe("podRequest() and podLimit()", () => {
  const sidecar = container("s", { cpu: "200m" }, {}, { restartPolicy: "Always" });
  const one = pod(
    [container("a", { cpu: "1" }), container("b", {}, { cpu: "1" })],
    [sidecar, container("i", {}, { cpu: "3" })],
  );
  test("take the larger of the init phase and the main phase", () => {
    expect(podRequest(one.spec, "cpu")).toBeCloseTo(3.2);
    expect(podLimit(one.spec, "cpu")).toBeUndefined();
    expect(podLimit(pod([container("a", { cpu: "1" })], [sidecar]).spec, "cpu")).toBeCloseTo(1.2);
  });
});

describe("a pod's cgroup", () => {
  const guaranteed = pod([container("a", { cpu: "1", memory: "1Gi" })]);
  const burstable = pod([container("a", {}, { cpu: "1" })]);
  test.each([
    { one: guaranteed, driver: "cgroupfs", want: "/kubepods/pod1-2" },
    { one: burstable, driver: "cgroupfs", want: "/kubepods/burstable/pod1-2" },
    { one: pod([container("a")]), driver: "cgroupfs", want: "/kubepods/besteffort/pod1-2" },
    {
      one: burstable,
      driver: "systemd",
      want: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice",
    },
    { one: guaranteed, driver: "systemd", want: "/kubepods.slice/kubepods-pod1_2.slice" },
  ] as const)("is $want", ({ one, driver, want }) => {
    expect(cgroupPath(podCgroupName(one), { driver, root: "/" })).toBe(want);
  });

  test("has a maximum only where all containers have one", () => {
    const settings = {
      ...({ driver: "cgroupfs", root: "/", enforceCpuQuota: true } as const),
      ...{ cpuPeriodUs: 100_000, podPidsLimit: 50, limitsAllPods: true, reservesMemory: false },
    };
    expect(podLimits(guaranteed.spec, settings)).toEqual({
      ...{ cpuShares: 1024, cpuPeriodUs: 100_000, cpuQuotaUs: 100_000 },
      ...{ memoryBytes: GiB, pids: 50 },
    });
    expect(podLimits(burstable.spec, { ...settings, podPidsLimit: -1 })).toEqual({
      ...{ cpuShares: 1024, cpuPeriodUs: 100_000 },
    });
  });
});

describe("a pod with resources of its own", () => {
  const resources = (limits: Record<string, string>, requests: Record<string, string>) => ({
    ...{ limits, requests },
  });
  const of = (own: ReturnType<typeof resources>, more: Partial<Pod["spec"]> = {}): Pod => {
    const one = pod([container("a"), container("b", {}, { cpu: "1", memory: "1Gi" })]);
    return { ...one, spec: { ...one.spec, resources: own, ...more } };
  };
  const whole = resources({ cpu: "2", memory: "4Gi" }, { cpu: "1500m", memory: "3Gi" });

  test("has them before what its containers add up to, and its overhead on top", () => {
    const { spec } = of(whole, { overhead: { cpu: "250m", memory: "128Mi" } });
    expect([podRequest(spec, "cpu"), podLimit(spec, "cpu")]).toEqual([1.75, 2.25]);
    expect(podRequest(of(resources({ cpu: "2" }, {})).spec, "cpu")).toBe(2);
    // What it does not say is what its containers add up to.
    expect(podRequest(of(resources({ memory: "4Gi" }, {})).spec, "cpu")).toBe(1);
  });

  test.each([
    {
      limits: { cpu: "1", memory: "1Gi" },
      requests: { cpu: "1", memory: "1Gi" },
      want: "Guaranteed",
    },
    { limits: { cpu: "1", memory: "1Gi" }, requests: {}, want: "Guaranteed" },
    { limits: { cpu: "1" }, requests: {}, want: "Burstable" },
  ])("is $want with $limits and $requests", ({ limits, requests, want }) => {
    expect(String(qosClass(of(resources(limits, requests)).spec))).toBe(want);
  });

  test("is as far as a container without a limit gets, which shares what nobody asks for", () => {
    const options = { ...MACHINE, enforceCpuQuota: true, cpuPeriodUs: 100_000, isCgroupV2: false };
    const one = of(whole);
    const [a = container("a"), b = container("b")] = one.spec.containers;
    expect(containerResources(one, a, { ...options, memoryCapacity: 8 * GiB })).toMatchObject({
      ...{ cpuShares: 2n, cpuQuota: 200_000n, memoryLimitInBytes: BigInt(4 * GiB) },
    });
    // Two of three GiB are nobody's: one for each.
    expect([a, b].map((each) => oomScoreAdj(one, each, 8 * GiB))).toEqual([875, 750]);
  });

  test("sandboxResources() has the pod's and the sandbox's own apart", () => {
    const options = { enforceCpuQuota: true, cpuPeriodUs: 100_000 };
    const one = of(whole, { overhead: { cpu: "250m", memory: "128Mi" } });
    expect(sandboxResources(one, options)).toEqual({
      resources: {
        ...{ cpuShares: 1536n, cpuQuota: 200_000n, cpuPeriod: 100_000n },
        memoryLimitInBytes: BigInt(4 * GiB),
      },
      overhead: {
        ...{ cpuShares: 256n, cpuQuota: 25_000n, cpuPeriod: 100_000n },
        memoryLimitInBytes: BigInt(GiB / 8),
      },
    });
    expect(sandboxResources(pod([container("a")]), options)).toEqual({
      resources: { cpuShares: 2n },
    });
  });
});

describe("the cgroups above pods", () => {
  const cpuPeriodUs = 100_000;
  const burstable = (cpu: string) => pod([container("a", {}, { cpu })]).spec;

  test("burstable pods share what they ask for, others the least", () => {
    const specs = [burstable("1"), burstable("250m"), pod([container("a")]).spec];
    const tiers = tierLimits(specs, { cpuPeriodUs });
    expect([...tiers]).toEqual([
      ["burstable", { cpuShares: 1280, cpuPeriodUs }],
      ["besteffort", { cpuShares: 2, cpuPeriodUs }],
    ]);
  });

  test("all pods together get the machine without what is reserved", () => {
    const machine = { cpus: 4, memoryBytes: 8 * GiB, maxPids: 32_768 };
    const reserved = [
      { cpu: 0.5, memory: GiB },
      { memory: GiB, pid: 1000 },
    ];
    expect(allPodsLimits(machine, reserved, { cpuPeriodUs })).toEqual({
      ...{ cpuShares: 3584, cpuPeriodUs, memoryBytes: 6 * GiB, pids: 31_768 },
    });
  });

  test("a tier is written when what it gets has changed, and only then", async () => {
    const written: string[] = [];
    const tree = {
      isV2: true,
      ensure: async (path: string, limits?: CgroupLimits) =>
        void written.push(`${path} ${limits?.cpuShares}`),
      exists: async () => false,
      remove: async () => {},
    };
    const cgroups = new PodCgroups(tree, {
      ...({ driver: "cgroupfs", root: "/", enforceCpuQuota: true } as const),
      ...{ cpuPeriodUs, podPidsLimit: -1, limitsAllPods: true, reservesMemory: false },
    });
    const named = (uid: string, cpu: string): Pod => ({
      metadata: { name: uid, namespace: "ns", uid },
      spec: burstable(cpu),
    });
    // One that ran before the agent started counts as well.
    cgroups.hold(named("old", "500m"));
    await cgroups.ensure(named("new", "1"));
    expect(written.sort()).toEqual([
      "/kubepods/besteffort 2",
      "/kubepods/burstable 1536",
      "/kubepods/burstable/podnew 1024",
    ]);
    written.length = 0;
    await cgroups.ensure(named("new", "1"));
    await cgroups.remove("old");
    await cgroups.remove("old");
    expect(written).toEqual(["/kubepods/burstable/podnew 1024", "/kubepods/burstable 1024"]);
  });
});

/** A machine without swap limits, with two sizes of huge pages. */
const MACHINE = {
  swap: { behavior: "NoSwap", isLimitable: false, swapCapacity: 0 },
  hugePageSizes: ["2MB", "1GB"],
} as const;

describe("swapLimit()", () => {
  const burstable = container("a", { memory: "2Gi" }, { memory: "1Gi" });
  const guaranteed = container("a", { cpu: "1", memory: "1Gi" });
  const on = { isLimitable: true, swapCapacity: 8 * GiB, memoryCapacity: 4 * GiB };
  test.each([
    ["a burstable one has its share", burstable, {}, "2147483648"],
    ["a guaranteed one has none", guaranteed, {}, "0"],
    ["one that asks for nothing has none", container("a"), {}, "0"],
    ["one that asks for its limit has none", container("a", { memory: "1Gi" }), {}, "0"],
    ["none has any with NoSwap", burstable, { behavior: "NoSwap" as const }, "0"],
    [
      "where the kernel cannot limit it nothing is said",
      burstable,
      { isLimitable: false },
      undefined,
    ],
  ])("%s", (_name, one, more, want) => {
    const options = { behavior: "LimitedSwap" as const, isCgroupV2: true, ...on, ...more };
    expect(swapLimit(pod([one]), one, { ...options, memoryLimitBytes: 5 }).swapMax).toBe(want);
  });

  test("a critical pod has none, and cgroup v1 knows only memory and swap together", () => {
    const options = {
      behavior: "LimitedSwap" as const,
      isCgroupV2: true,
      ...on,
      memoryLimitBytes: 5,
    };
    const critical = pod([burstable]);
    const spec = { ...critical.spec, priority: 2_000_000_000 };
    expect(swapLimit({ ...critical, spec }, burstable, options).swapMax).toBe("0");
    expect(swapLimit(pod([burstable]), burstable, { ...options, isCgroupV2: false })).toEqual({
      memorySwapLimitInBytes: 5n,
    });
  });
});

describe("oomScoreAdj()", () => {
  test.each([
    { name: "Guaranteed", one: pod([container("a", { cpu: "1", memory: "1Gi" })]), want: -997 },
    { name: "BestEffort", one: pod([container("a")]), want: 1000 },
    { name: "Burstable", one: pod([container("a", {}, { memory: "1Gi" })]), want: 750 },
    { name: "all of the memory", one: pod([container("a", {}, { memory: "4Gi" })]), want: 3 },
    { name: "none of the memory", one: pod([container("a", {}, { cpu: "1" })]), want: 999 },
  ])("$name", ({ one, want }) => {
    expect(oomScoreAdj(one, one.spec.containers[0] ?? container("x"), 4 * GiB)).toBe(want);
  });

  test("of a node-critical pod is that of a guaranteed one", () => {
    const one = pod([container("a")]);
    const critical = { ...one, spec: { ...one.spec, priority: 2_000_000_000 } };
    expect(oomScoreAdj(critical, container("a"), 4 * GiB)).toBe(-997);
  });
});

test("containerResources() are the runtime's", () => {
  const one = container("a", { cpu: "250m", memory: "1Mi", "hugepages-2Mi": "4Mi" });
  const options = {
    ...MACHINE,
    enforceCpuQuota: true,
    cpuPeriodUs: 100_000,
    memoryCapacity: GiB,
    isCgroupV2: true,
  };
  expect(containerResources(pod([one]), one, options)).toMatchObject({
    cpuShares: 256n,
    cpuQuota: 25_000n,
    memoryLimitInBytes: 1_048_576n,
    hugepageLimits: [
      { pageSize: "2MB", limit: 4_194_304n },
      // What is not asked for is not to be had.
      { pageSize: "1GB", limit: 0n },
    ],
    unified: { "memory.oom.group": "1" },
  });
  const unlimited = containerResources(pod([one]), one, { ...options, enforceCpuQuota: false });
  expect(unlimited.cpuQuota).toBeUndefined();
  const place = { cpus: "2-3", memoryNodes: "0", isExclusive: false };
  expect(containerResources(pod([one]), one, { ...options, place })).toMatchObject({
    ...{ cpusetCpus: "2-3", cpusetMems: "0", cpuQuota: 25_000n },
  });
  const anywhere = { cpus: "", memoryNodes: "", isExclusive: false };
  const free = containerResources(pod([one]), one, { ...options, place: anywhere });
  expect([free.cpusetCpus, free.cpusetMems]).toEqual([undefined, undefined]);
  // CPUs of its own are limit enough.
  const alone = containerResources(pod([one]), one, {
    ...{ ...options, place: { ...place, isExclusive: true } },
  });
  expect([alone.cpusetCpus, alone.cpuQuota]).toEqual(["2-3", undefined]);
});

test("a pod with CPUs of its own has no quota as a whole", async () => {
  const quotas: (number | undefined)[] = [];
  const tree = {
    isV2: true,
    ensure: async (path: string, limits?: CgroupLimits) => {
      if (path.includes("/pod")) quotas.push(limits?.cpuQuotaUs);
    },
    exists: async () => false,
    remove: async () => {},
  };
  const settings = {
    ...({ driver: "cgroupfs", root: "/", enforceCpuQuota: true } as const),
    ...{ cpuPeriodUs: 100_000, podPidsLimit: -1, limitsAllPods: true, reservesMemory: false },
  };
  const cgroups = new PodCgroups(tree, settings, (uid) => uid === "alone");
  for (const uid of ["alone", "shared"]) {
    const { spec } = pod([container("a", { cpu: "1", memory: "1Gi" })]);
    await cgroups.ensure({ metadata: { name: uid, namespace: "n", uid }, spec });
  }
  expect(quotas).toEqual([undefined, 100_000]);
});
