import { describe, expect, test } from "bun:test";
import type { Container, Pod } from "../api/mod.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import { containerProtection, podProtection, tierProtection } from "./memory-qos.ts";
import { PodCgroups } from "./pod-cgroups.ts";
import type { CgroupLimits } from "./pod-limits.ts";

const MI = 2 ** 20;

const container = (request?: string, limit?: string): Container => ({
  name: "c",
  resources: {
    ...(request === undefined ? {} : { requests: { memory: request } }),
    ...(limit === undefined ? {} : { limits: { memory: limit } }),
  },
});
const guaranteed: Container = { name: "c", resources: { limits: { cpu: "1", memory: "100Mi" } } };
const pod = (name: string, one: Container): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: { containers: [one] },
});

const on = { reserves: true, throttlingFactor: 0.9, allocatableBytes: 1000 * MI };
const ZERO = { "memory.min": "0", "memory.low": "0" };

describe("containerProtection()", () => {
  test.each<readonly [string, Container, object, Record<string, string>]>([
    [
      "a guaranteed one is never short of what it asks for",
      guaranteed,
      {},
      { "memory.min": `${100 * MI}` },
    ],
    [
      "a burstable one is slowed down before its limit",
      container("100Mi", "200Mi"),
      {},
      { "memory.low": `${100 * MI}`, "memory.high": `${190 * MI}` },
    ],
    [
      "one without a limit before what the node has",
      container("100Mi"),
      {},
      { "memory.low": `${100 * MI}`, "memory.high": `${910 * MI}` },
    ],
    ["one that asks for nothing is only slowed down", container(), {}, ZERO],
    [
      "without the policy nothing is kept",
      container("100Mi", "200Mi"),
      { reserves: false },
      { ...ZERO, "memory.high": `${190 * MI}` },
    ],
    [
      "whole pages are what counts",
      container("1", "10000"),
      { throttlingFactor: 0.5 },
      { "memory.low": "1", "memory.high": "4096" },
    ],
  ])("%s", (_name, one, more, want) => {
    expect(containerProtection(pod("p", one), one, { ...on, ...more })).toEqual(want);
  });
});

test("pods and the cgroups above them keep what their containers ask for", () => {
  const specs = [guaranteed, container("50Mi"), container("7Mi", "9Mi"), container()].map(
    (one) => pod("p", one).spec,
  );
  expect(specs.map(podProtection)).toEqual([
    { min: 100 * MI },
    { low: 50 * MI },
    { low: 7 * MI },
    {},
  ]);
  expect(tierProtection(specs)).toEqual({ all: { min: 157 * MI }, burstable: { low: 57 * MI } });
});

test("PodCgroups writes protection from the root down, and only on cgroup v2", async () => {
  const ensured = async (isV2: boolean): Promise<string[]> => {
    const written: string[] = [];
    const tree: CgroupTree = {
      isV2,
      ensure: async (path: string, limits?: CgroupLimits) => {
        const { min, low } = limits?.protection ?? {};
        if (min !== undefined || low !== undefined) written.push(`${path} ${min ?? 0} ${low ?? 0}`);
      },
      exists: async () => false,
      remove: async () => {},
    };
    const cgroups = new PodCgroups(tree, {
      ...({ driver: "cgroupfs", root: "/", enforceCpuQuota: true } as const),
      ...{ cpuPeriodUs: 100_000, podPidsLimit: -1, limitsAllPods: true, reservesMemory: true },
    });
    await cgroups.enforce({ cpuShares: 1024, cpuPeriodUs: 100_000 });
    await cgroups.ensure(pod("b", container("50Mi")));
    return written;
  };
  expect(await ensured(true)).toEqual([
    `/kubepods ${50 * MI} 0`,
    `/kubepods/burstable 0 ${50 * MI}`,
    `/kubepods/burstable/podb 0 ${50 * MI}`,
  ]);
  expect(await ensured(false)).toEqual([]);
});
