import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM_NAME } from "../../../src/cni/client/mod.ts";
import type { BenchLine } from "../measure.ts";
import { bridgeConf } from "./bridge-conf.ts";
import { alternate, type BenchPlaces, twoSides } from "./compare.ts";

const PEAK_BOUND_MB = 60;

/** Peak memory of one ADD, and what the executable takes on disk. */
export async function benchSize(places: BenchPlaces): Promise<BenchLine[]> {
  const peaks = new Map<string, number>();
  const sides = twoSides(places);
  await alternate(sides, async (side, number) => {
    const call = { conf: bridgeConf(side), pod: side.addPod(), containerId: `c${number}` };
    const child = side.start("bridge", { ...call, command: "ADD" });
    const peak = await watchPeak(child);
    peaks.set(side.name, Math.max(peak, peaks.get(side.name) ?? 0));
    side.run("bridge", { ...call, command: "DEL" });
  });
  for (const side of sides) side[Symbol.dispose]();
  const [ours, theirs] = sides.map(({ name }) => peaks.get(name) ?? Number.NaN);
  const sizes = [join(places.ours, PROGRAM_NAME), join(places.theirs, "bridge")].map(
    (path) => statSync(path).size / 1e6,
  );
  return [
    {
      what: "bridge ADD, peak memory",
      ours: `${(ours ?? 0).toFixed(0)} MB`,
      reference: `${PEAK_BOUND_MB} MB (bound; theirs ${(theirs ?? 0).toFixed(0)} MB)`,
      ratio: (ours ?? Number.NaN) / PEAK_BOUND_MB,
      bound: 1,
    },
    {
      what: "the executable on disk, all plugins",
      ours: `${(sizes[0] ?? 0).toFixed(0)} MB`,
      reference: `${(sizes[1] ?? 0).toFixed(1)} MB (bridge alone)`,
      ratio: (sizes[0] ?? Number.NaN) / (sizes[1] ?? Number.NaN),
    },
  ];
}

/**
 * Looks at a process's high-water mark until it is gone. Not wait4's figure: the kernel counts
 * the memory of the program that started it there.
 */
async function watchPeak(child: Bun.Subprocess<Blob, "ignore", "inherit">): Promise<number> {
  let peakKb = 0;
  for (;;) {
    const status = readStatus(child.pid);
    const found = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (found === undefined) break;
    peakKb = Number(found);
  }
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`bridge ADD ended with ${exitCode}`);
  return (peakKb * 1024) / 1e6;
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
