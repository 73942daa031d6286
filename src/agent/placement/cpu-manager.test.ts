import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatIds, type IdSet } from "../../machine/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { CpuManager } from "./cpu-manager.ts";
import { type CpuOptions, parseCpuOptions } from "./cpu-options.ts";
import { findMisfit } from "./find-misfit.ts";
import { Placement } from "./placement.ts";
import { MACHINES } from "./testing.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cpus-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

interface Setup {
  readonly machine?: keyof typeof MACHINES;
  readonly options?: Partial<CpuOptions>;
  readonly reserved?: IdSet;
  readonly count?: number;
}

let changes = 0;
async function open({ machine = "one", options = {}, reserved = [], count = 1 }: Setup = {}) {
  changes = 0;
  return await CpuManager.open({
    topology: MACHINES[machine],
    options: { ...parseCpuOptions({}), ...options },
    reserved: { cpus: reserved, count },
    path: join(dir, "cpu_manager_state"),
    onChange: () => {
      changes += 1;
    },
  });
}

const container = (name: string, cpu: string, more: Partial<Container> = {}): Container => ({
  ...{ name, resources: { limits: { cpu, memory: "1Mi" } } },
  ...more,
});
const pod = (
  name: string,
  containers: readonly Container[],
  init: readonly Container[] = [],
): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: { containers, initContainers: init },
});

/** What becomes of a pod with nothing but the CPU manager: its rejection, or its containers' CPUs. */
async function place(manager: CpuManager, one: Pod): Promise<string> {
  const placement = new Placement([manager], MACHINES.one, {
    ...({ policy: "none", scope: "container", prefersClosest: false } as const),
  });
  const rejection = await placement.admit(one);
  if (rejection !== undefined) return `${rejection.reason}: ${rejection.message}`;
  return [...(one.spec.initContainers ?? []), ...one.spec.containers]
    .map(({ name }) => formatIds(manager.cpusFor(one.metadata.uid, name)))
    .join(" ");
}

describe("CpuManager", () => {
  test("gives whole CPUs of guaranteed pods away, and everybody else the rest", async () => {
    const manager = await open();
    expect(await place(manager, pod("a", [container("c", "2")]))).toBe("1,5");
    expect(await place(manager, pod("b", [container("c", "500m")]))).toBe("0,2-4,6-7");
    const burstable = { name: "c", resources: { requests: { cpu: "2" } } };
    expect(await place(manager, pod("b", [burstable]))).toBe("0,2-4,6-7");
    const one = pod("c", [container("x", "1"), container("y", "1500m"), container("z", "3")]);
    // CPU 0 is reserved: its sibling is half of a core, and the first to go.
    expect(await place(manager, one)).toBe("4 0,7 2-3,6");
    expect(manager.cpusFor("b", "c")).toEqual([0, 7]);
    expect(manager.hasExclusive("c")).toBe(true);
    expect(manager.hasExclusive("b")).toBe(false);
    manager.release("a");
    expect(manager.cpusFor("b", "c")).toEqual([0, 1, 5, 7]);
  });

  test("rejects what there is not enough for, and leaves nothing of it behind", async () => {
    const manager = await open();
    const many = pod("a", [container("x", "4"), container("y", "4")]);
    expect(await place(manager, many)).toBe(
      "UnexpectedAdmissionError: Allocate failed due to not enough cpus available to satisfy request: requested=4, available=3, which is unexpected",
    );
    expect(formatIds(manager.cpusFor("a", "x"))).toBe("0-7");
  });

  test("lets containers have what init containers of their pod had, but for sidecars", async () => {
    const manager = await open();
    const sidecar = container("side", "1", { restartPolicy: "Always" });
    const one = pod("a", [container("x", "3")], [container("init", "2"), sidecar]);
    expect(await place(manager, one)).toBe("1,5 4 1-2,5");
    expect(manager.cpusFor("other", "c")).toEqual([0, 3, 6, 7]);
    manager.release("a");
    expect(formatIds(manager.cpusFor("other", "c"))).toBe("0-7");
  });

  test("knows after a restart who has what, and forgets pods that are gone", async () => {
    await place(await open(), pod("a", [container("c", "2")]));
    const manager = await open();
    expect(manager.cpusFor("a", "c")).toEqual([1, 5]);
    expect(await place(manager, pod("a", [container("c", "2")]))).toBe("1,5");
    expect(changes).toBe(0);
    manager.retain(new Set(["b"]));
    expect(changes).toBe(1);
    expect(formatIds(manager.cpusFor("a", "c"))).toBe("0-7");
  });

  test.each<readonly [string, Setup, string]>([
    [
      "more CPUs are reserved",
      { count: 2 },
      'not all reserved cpus: "0,4" are present in defaultCpuSet: "1-3,5-7"',
    ],
    [
      "reserved CPUs are now the system's alone",
      { options: { keepsReserved: true }, reserved: [1] },
      'some of strictly reserved cpus: "1" are present in defaultCpuSet: "1-3,5-7"',
    ],
    ["the machine is another one", { machine: "twoPlain", reserved: [1] }, "none"],
    [
      "the machine has more CPUs",
      { machine: "two", reserved: [1] },
      'current set of available CPUs "0-11" doesn\'t match with CPUs in state "0-7"',
    ],
  ])("refuses its state where %s", async (_name, setup, want) => {
    const before = await open({ reserved: [1], count: 1 });
    await place(before, pod("a", [container("c", "2")]));
    const failed = await open(setup).then(
      () => "none",
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : "?"),
    );
    expect(failed).toContain(want);
  });

  test("refuses a state that somebody has changed", async () => {
    writeFileSync(join(dir, "cpu_manager_state"), '{"policyName":"static"}');
    await expect(open()).rejects.toThrow("Cannot start the CPU manager: could not restore state");
  });

  test("with whole cores takes no half of one", async () => {
    const manager = await open({ options: { fullCores: true } });
    expect(await place(manager, pod("a", [container("c", "3")]))).toBe(
      "SMTAlignmentError: SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2",
    );
    expect(await place(manager, pod("a", [container("c", "8")]))).toBe(
      "SMTAlignmentError: SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 6, requested CPUs = 8, CPUs per core = 2",
    );
    expect(await place(manager, pod("a", [container("c", "6")]))).toBe("1-3,5-7");
  });

  test("keeps everybody off CPUs that are reserved strictly", async () => {
    const manager = await open({ options: { keepsReserved: true }, reserved: [0, 4] });
    expect(formatIds(manager.cpusFor("any", "c"))).toBe("1-3,5-7");
    expect(await place(manager, pod("a", [container("c", "1")]))).toBe("1");
    expect(formatIds(manager.cpusFor("any", "c"))).toBe("2-3,5-7");
  });

  test.each([
    ["1", "0+ 1+ 01-"],
    ["6", "1+ 01-"],
    ["7", "01+"],
    ["11", "01+"],
    ["12", ""],
  ])("has hints for %s CPUs: %s", async (cpu, want) => {
    const manager = await open({ machine: "two" });
    const one = pod("a", [container("c", cpu)]);
    const show = [...manager.hints(one, container("c", cpu)).values()]
      .flat()
      .map(({ nodes, preferred }) => `${nodes?.join("")}${preferred ? "+" : "-"}`);
    expect(show.join(" ")).toBe(want);
    expect(manager.podHints(one)).toEqual(manager.hints(one, container("c", cpu)));
  });
});

test.each([
  [{ "full-pcpus-only": "yes" }, 'bad value for option "full-pcpus-only"'],
  [
    { "full-pcpus-only": "true", "distribute-cpus-across-cores": "1" },
    "static policy options full-pcpus-only and distribute-cpus-across-cores can not be used at the same time",
  ],
  [
    { "prefer-align-cpus-by-uncorecache": "t", "distribute-cpus-across-numa": "TRUE" },
    "static policy options prefer-align-cpus-by-uncorecache and distribute-cpus-across-numa can not be used at the same time",
  ],
])("parseCpuOptions(%j) throws", (given, want) => {
  expect(() => parseCpuOptions({ ...given })).toThrow(want);
});

test("findMisfit() names what the machine does not have", () => {
  const settings = (alignment: "none" | "single-numa-node", maxNodes = 8) => ({
    cpu: {
      ...({ policy: "static", reconcileMs: 1000, reserved: "" } as const),
      options: { "align-by-socket": "true" },
    },
    memory: { policy: "None" as const, reserved: [] },
    topology: { policy: alignment, scope: "pod" as const, prefersClosest: false, maxNodes },
  });
  const on = { topology: MACHINES.four, reserved: [] };
  expect(findMisfit(settings("none"), on)).toBeUndefined();
  expect(findMisfit(settings("none"), { ...on, reserved: [3, 80] })).toContain("unknown CPUs: 80");
  expect(findMisfit(settings("single-numa-node"), on)).toContain("incompatible");
  expect(findMisfit(settings("single-numa-node", 3), on)).toContain("more than 3 NUMA Nodes");
  expect(findMisfit(settings("none"), { ...on, topology: MACHINES.cachesTwoSockets })).toContain(
    "more sockets than NUMA nodes",
  );
});
