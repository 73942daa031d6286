import { parsePluginConf } from "../../../src/cni/conf/plugin-conf.ts";
import { loadPlugin } from "../../../src/cni/plugins/registry.ts";
import type { BenchLine } from "../measure.ts";
import { serverMemoryMb } from "./bench-side.ts";
import { bridgeConf } from "./bridge-conf.ts";
import { alternate, type BenchPlaces, inMs, Samples, twoSides } from "./compare.ts";

const PODS = 100;
const AT_ONCE = 8;
/** A round is a hundred calls a side. */
const CROWD_ROUNDS = 5;

/** A hundred pods, eight at a time. */
export async function benchCrowd(places: BenchPlaces): Promise<BenchLine[]> {
  const what = `${PODS} pods added, ${AT_ONCE} at a time` as const;
  const samples = new Samples<typeof what>();
  const sides = twoSides(places);
  await alternate(
    sides,
    async (side, number, counts) => {
      const pods = Array.from({ length: PODS }, (_, i) => ({
        conf: bridgeConf(side),
        pod: side.addPod(),
        containerId: `r${number}-${i}`,
      }));
      let cpuMs = -side.serverCpuMs();
      const started = performance.now();
      await eachAtOnce(pods, async (pod) => {
        const used = await side.callAsync("bridge", { ...pod, command: "ADD" });
        cpuMs += used;
      });
      const ms = performance.now() - started;
      if (counts) samples.add(side, what, { ms, cpuMs: cpuMs + side.serverCpuMs() });
      await eachAtOnce(pods, async (pod) => {
        await side.callAsync("bridge", { ...pod, command: "DEL" });
      });
      side.deletePods();
      await settle();
    },
    CROWD_ROUNDS,
  );
  const memory = serverMemoryMb(sides[0]);
  for (const side of sides) side[Symbol.dispose]();
  return [
    samples.line(sides, what, 0.3),
    samples.cpuLine(sides, what, 0.3),
    {
      what: "the server's memory after it (with its share of what processes have in common)",
      ours: `${memory.toFixed(0)} MB`,
      reference: "100 MB",
      ratio: memory / 100,
    },
  ];
}

async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Namespaces are taken apart in the background: the next round is not to wait for that. */
async function settle(): Promise<void> {
  await Bun.sleep(1000);
}

/** The first and the 250th address of a /24, by our plugins: each in a network of its own. */
export async function benchFullNetwork(places: BenchPlaces): Promise<BenchLine[]> {
  const samples = new Samples<"first" | "250th">();
  const sides = twoSides(places);
  await alternate(sides, async (side, number, counts) => {
    if (side !== sides[0]) return;
    await takeAddresses(bridgeConf(side, `250th-${number}`), 249);
    const names = ["first", "250th"] as const;
    for (const name of number % 2 === 0 ? names : names.toReversed()) {
      const conf = bridgeConf(side, `${name}-${number}`);
      const call = { conf, pod: side.addPod(), containerId: "last" };
      const took = side.run("bridge", { ...call, command: "ADD" });
      side.run("bridge", { ...call, command: "DEL" });
      if (counts) samples.add(side, name, took);
    }
  });
  for (const side of sides) side[Symbol.dispose]();
  const first = samples.median(sides[0], "first");
  const last = samples.median(sides[0], "250th");
  return [
    {
      what: "bridge ADD, the 250th address of a /24",
      ours: inMs(last),
      reference: `${inMs(first)} (the first)`,
      ratio: last / first,
      bound: 1.1,
    },
  ];
}

/** Reserves addresses as host-local does, without a process for each. */
async function takeAddresses(conf: object, count: number): Promise<void> {
  const hostLocal = await loadPlugin("host-local");
  const stdin = JSON.stringify(conf);
  const parsed = parsePluginConf(stdin);
  const host = { self: "", env: {}, writeStderr: console.error, log: console.error, loadPlugin };
  for (let i = 0; i < count; i++) {
    const attachment = { containerId: `taken-${i}`, ifName: "eth0", netns: "", args: "", path: [] };
    await hostLocal?.add({ ...attachment, command: "ADD", conf: parsed, stdin }, host);
  }
}
