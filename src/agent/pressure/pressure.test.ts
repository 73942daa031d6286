import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../base/mod.ts";
import type { Pod, PodSpec } from "../api/mod.ts";
import type { Signal, Threshold } from "../config/mod.ts";
import { parseThresholds } from "../config/pressure-settings.ts";
import type { Failure } from "../status/mod.ts";
import type { MeasuredPod } from "./consumption.ts";
import { Evictor, PressureBoard } from "./evictor.ts";
import { availableMemory, diskUsage } from "./observe.ts";
import { binaryQuantity, evictionMessage, rankPods } from "./rank.ts";
import { findExcess } from "./storage-limits.ts";
import { judgePressure, NO_PRESSURE, type Observation } from "./thresholds.ts";

const MI = 1024 * 1024;

function pod(name: string, spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name, namespace: "n", uid: name },
    spec: { containers: [{ name: "c" }], ...spec },
  };
}

function memoryPod(name: string, request: string, priority?: number): Pod {
  return pod(name, {
    containers: [{ name: "c", resources: { requests: { memory: request } } }],
    ...(priority === undefined ? {} : { priority }),
  });
}

function used(memoryBytes: number, diskBytes = 0): MeasuredPod {
  return {
    ...{ memoryBytes, diskBytes, inodes: 0, processes: 0 },
    containers: [{ name: "c", memoryBytes, diskBytes }],
    storage: { total: diskBytes, containers: new Map([["c", diskBytes]]), volumes: new Map() },
  };
}

describe("parseThresholds()", () => {
  test("takes amounts and shares, and leaves out what is switched off", () => {
    const written = {
      "memory.available": "100Mi",
      "nodefs.available": "10%",
      "imagefs.available": "0%",
      "pid.available": "100%",
    };
    expect(parseThresholds(written, { "memory.available": "1Gi" }, () => 0)).toEqual([
      {
        signal: "memory.available",
        value: { amount: 100 * MI },
        graceMs: 0,
        minReclaim: { amount: 1024 * MI },
      },
      { signal: "nodefs.available", value: { share: 0.1 }, graceMs: 0 },
    ]);
  });
});

describe("judgePressure()", () => {
  const hard: Threshold = { signal: "memory.available", value: { amount: 100 }, graceMs: 0 };
  const soft: Threshold = { signal: "nodefs.available", value: { share: 0.2 }, graceMs: 60 };
  const look = (thresholds: readonly Threshold[], values: Partial<Record<Signal, number>>) => ({
    thresholds,
    observations: new Map(
      Object.entries(values).map(([signal, available]): [Signal, Observation] => [
        // cast: the keys of the table are signals
        signal as Signal,
        { available, capacity: 1000 },
      ]),
    ),
  });
  const at = (now: number) => ({ now, transitionMs: 300 });

  test("acts at once on a hard threshold, and keeps the condition for a while", () => {
    const first = judgePressure(NO_PRESSURE, look([hard], { "memory.available": 99 }), at(0));
    expect(first.conditions).toEqual(["MemoryPressure"]);
    expect(first.state.acting).toEqual([hard]);
    const over = judgePressure(first.state, look([hard], { "memory.available": 100 }), at(10));
    expect(over.state.acting).toEqual([]);
    expect(over.conditions).toEqual(["MemoryPressure"]);
    const later = judgePressure(over.state, look([hard], { "memory.available": 100 }), at(300));
    expect(later.conditions).toEqual([]);
  });

  test("shows a soft threshold at once, and acts after its grace period", () => {
    const short = look([soft], { "nodefs.available": 199 });
    const first = judgePressure(NO_PRESSURE, short, at(0));
    expect([first.conditions, first.state.acting]).toEqual([["DiskPressure"], []]);
    const second = judgePressure(first.state, short, at(60));
    expect(second.state.acting).toEqual([soft]);
    // In between it was not short: the time begins again.
    const relief = judgePressure(first.state, look([soft], { "nodefs.available": 200 }), at(30));
    expect(judgePressure(relief.state, short, at(60)).state.acting).toEqual([]);
  });

  test("goes on until the minimum is reclaimed", () => {
    const greedy: Threshold = { ...hard, minReclaim: { amount: 50 } };
    const first = judgePressure(NO_PRESSURE, look([greedy], { "memory.available": 99 }), at(0));
    const second = judgePressure(first.state, look([greedy], { "memory.available": 149 }), at(10));
    expect(second.state.acting).toEqual([greedy]);
    const third = judgePressure(second.state, look([greedy], { "memory.available": 150 }), at(20));
    expect(third.state.acting).toEqual([]);
  });

  test("sees nothing in a signal that cannot be read, and takes memory first", () => {
    expect(judgePressure(NO_PRESSURE, look([hard], {}), at(0)).conditions).toEqual([]);
    const disk: Threshold = { ...soft, graceMs: 0 };
    const values = { "nodefs.available": 1, "memory.available": 1 };
    const both = judgePressure(NO_PRESSURE, look([disk, hard], values), at(0));
    expect(both.state.acting).toEqual([hard, disk]);
    expect(both.conditions).toEqual(["DiskPressure", "MemoryPressure"]);
  });
});

describe("rankPods()", () => {
  const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
  test("takes those over their request first, then low priority, then the most over it", () => {
    const pods = [
      memoryPod("within", "100Mi", -5),
      memoryPod("over-a-little", "10Mi", 0),
      memoryPod("over-a-lot", "10Mi", 0),
      memoryPod("over-and-important", "10Mi", 10),
    ];
    const consumptions = new Map([
      ["within", used(90 * MI)],
      ["over-a-little", used(11 * MI)],
      ["over-a-lot", used(50 * MI)],
      ["over-and-important", used(90 * MI)],
    ]);
    expect(names(rankPods(pods, "memory", consumptions))).toEqual([
      "over-a-lot",
      "over-a-little",
      "over-and-important",
      "within",
    ]);
  });
  test("takes a pod first that nothing is known of, and only priority counts for ids", () => {
    const pods = [memoryPod("known", "1Mi"), memoryPod("unknown", "1Mi")];
    const consumptions = new Map([["known", used(90 * MI)]]);
    expect(names(rankPods(pods, "memory", consumptions))).toEqual(["unknown", "known"]);
    const two = [memoryPod("high", "1Mi", 5), memoryPod("low", "1Mi", 1)];
    const both = new Map(two.map(({ metadata }) => [metadata.uid, used(0)] as const));
    expect(names(rankPods(two, "pids", both))).toEqual(["low", "high"]);
  });
});

test("evictionMessage() has the kubelet's words", () => {
  const threshold: Threshold = {
    signal: "memory.available",
    value: { amount: 100 * MI },
    graceMs: 0,
  };
  const observations = new Map<Signal, Observation>([
    ["memory.available", { available: 90 * MI + 1024, capacity: 1000 * MI }],
  ]);
  const consumption = used(50 * MI);
  expect(evictionMessage(memoryPod("p", "10Mi"), { threshold, observations, consumption })).toBe(
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 92161Ki. Container c was using 50Mi, request is 10Mi, has larger consumption of memory. ",
  );
  expect(evictionMessage(pod("p"), { threshold, observations, consumption })).toContain(
    "request is 0, has larger consumption of memory",
  );
});

test.each([
  [0, "0"],
  [1000, "1000"],
  [1024, "1Ki"],
  [1536, "1536"],
  [3 * MI, "3Mi"],
])("binaryQuantity(%p) is %p", (bytes, want) => {
  expect(binaryQuantity(bytes)).toBe(want);
});

describe("findExcess()", () => {
  const limited = pod("p", {
    containers: [
      { name: "a", resources: { limits: { "ephemeral-storage": "10Mi" } } },
      { name: "b", resources: { limits: { "ephemeral-storage": "5Mi" } } },
    ],
    volumes: [{ name: "v", emptyDir: { sizeLimit: "1Mi" } }],
  });
  const use = (total: number, volume: number, a: number) => ({
    ...{ total, volumes: new Map([["v", volume]]), containers: new Map([["a", a]]) },
  });
  test.each([
    { name: "nothing", use: use(1, MI, 1), want: undefined },
    {
      name: "a volume",
      use: use(1, MI + 1, 1),
      want: 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
    },
    {
      name: "the pod",
      use: use(15 * MI + 1, 0, 1),
      want: `Pod ephemeral local storage usage exceeds the total limit of containers ${15 * MI}. `,
    },
    {
      name: "a container",
      use: use(11 * MI, 0, 11 * MI),
      want: 'Container a exceeded its local ephemeral storage limit "10Mi". ',
    },
  ])("of $name", ({ use: measured, want }) => {
    expect(findExcess(limited, measured)).toBe(want as string);
  });
});

test("availableMemory() counts caches that can go as free", () => {
  const meminfo = `MemTotal: 1000 kB
MemFree:         100 kB
Inactive(file):   50 kB
SReclaimable:      5 kB
`;
  expect(availableMemory(meminfo, 1_024_000)).toBe(155 * 1024);
});

test("diskUsage() counts what is there once, and nothing where nothing is", async () => {
  const root = mkdtempSync(join(tmpdir(), "disk-usage-"));
  mkdirSync(join(root, "sub"));
  writeFileSync(join(root, "sub/file"), new Uint8Array(100_000));
  const { bytes, inodes } = await diskUsage(root);
  expect(inodes).toBe(3);
  expect(bytes).toBeGreaterThanOrEqual(100_000);
  expect(await diskUsage(join(root, "missing"))).toEqual({ bytes: 0, inodes: 0 });
});

describe("Evictor", () => {
  /** A node with so much free, pods, and a record of what was done. */
  function node(pods: Pod[], thresholds: readonly Threshold[], maxGraceSeconds = 0) {
    const free: Partial<Record<Signal, number>> = {};
    const done: string[] = [];
    const failures: Failure[] = [];
    const board = new PressureBoard();
    const time = { now: 0 };
    const evictor = new Evictor({
      settings: { thresholds, transitionMs: 1000, maxGraceSeconds, limitsStorage: true },
      board,
      clock: { now: () => time.now, sleep: async () => {} },
      log: createLogger({
        ...{ program: "t", verbosity: 0, processId: 1, now: () => 0, write: () => {} },
      }),
      observe: async () =>
        new Map(
          Object.entries(free).map(([signal, available]): [Signal, Observation] => [
            // cast: the keys of `free` are signals
            signal as Signal,
            { available, capacity: 1000 },
          ]),
        ),
      measure: async (some) =>
        new Map(some.map(({ metadata }) => [metadata.uid, used(10 * MI, 10 * MI)])),
      pods: () => pods,
      evict: async ({ metadata }, failure, grace) => {
        done.push(`evict ${metadata.name} in ${grace}`);
        failures.push(failure);
      },
      reclaimDisk: async () => void done.push("reclaim"),
      report: ({ reason, message }) => void done.push(`${reason}: ${message}`),
    });
    return { evictor, free, done, failures, board, time };
  }
  const critical = pod("critical", { priority: 2_000_000_000 });
  const disk: Threshold = { signal: "nodefs.available", value: { amount: 100 }, graceMs: 0 };
  const memory: Threshold = { signal: "memory.available", value: { amount: 100 }, graceMs: 0 };

  test("evicts one pod at a time, never a critical one, and says why", async () => {
    const { evictor, free, done, failures, board } = node([critical, pod("a"), pod("b")], [memory]);
    free["memory.available"] = 50;
    expect(await evictor.look()).toBe(true);
    expect(done).toEqual(["EvictionThresholdMet: Attempting to reclaim memory", "evict a in 1"]);
    expect(failures[0]).toMatchObject({
      reason: "Evicted",
      message: expect.stringContaining("The node was low on resource: memory. "),
      disruption: expect.stringContaining("The node was low on resource: memory. "),
    });
    expect(board.conditions).toEqual(["MemoryPressure"]);
    free["memory.available"] = 100;
    expect(await evictor.look()).toBe(false);
  });

  test("removes what nobody needs before a pod has to go for disk space", async () => {
    const { evictor, free, done } = node([pod("a")], [disk]);
    free["nodefs.available"] = 50;
    expect(await evictor.look()).toBe(true);
    expect(done.slice(1)).toEqual(["reclaim", "evict a in 1"]);
  });

  test("evicts nobody where that was enough", async () => {
    const { evictor, free, done } = node([pod("a")], [disk]);
    free["nodefs.available"] = 50;
    const looking = evictor.look();
    free["nodefs.available"] = 500;
    expect(await looking).toBe(false);
    expect(done.some((one) => one.startsWith("evict"))).toBe(false);
  });

  test("gives a pod its time under a soft threshold, up to the most", async () => {
    const slow = pod("slow", { terminationGracePeriodSeconds: 30 });
    const { evictor, free, done, time } = node([slow], [{ ...memory, graceMs: 60 }], 20);
    free["memory.available"] = 50;
    expect(await evictor.look()).toBe(false);
    time.now = 60;
    expect(await evictor.look()).toBe(true);
    expect(done.at(-1)).toBe("evict slow in 20");
  });

  test("evicts a pod that writes more than its limit, without any pressure", async () => {
    const limited = pod("a", {
      containers: [{ name: "c", resources: { limits: { "ephemeral-storage": "5Mi" } } }],
    });
    const { evictor, done, failures } = node([limited, pod("b")], []);
    expect(await evictor.look()).toBe(true);
    expect(done).toEqual(["evict a in 1"]);
    expect(failures[0]?.message).toBe(
      "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ",
    );
  });
});
