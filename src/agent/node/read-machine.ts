import { lookup } from "node:dns/promises";
import { existsSync } from "node:fs";
import { readdir, readFile, statfs } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces, release } from "node:os";
import { join } from "node:path";
import { countCpus, parseMeminfo, parseOsRelease } from "../../machine/mod.ts";

/** The machine that the node is: what a Node object says about it. */
export interface MachineInfo {
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Kubernetes names it: amd64, arm64. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly swapBytes: number;
  /** How many processes and threads the kernel lets there be; 0 where it does not say. */
  readonly maxPids: number;
  /** Bytes of huge pages by their size: `2Mi`. */
  readonly hugePages: Readonly<Record<string, number>>;
}

/** Reads it; `root` is the agent's own directory, on whose file system pods store what they write. */
export async function readMachine(root: string): Promise<MachineInfo> {
  const text = async (path: string): Promise<string> =>
    (await readFile(path, "utf8").catch(() => "")).trim();
  const meminfo = await text("/proc/meminfo");
  const storage = await statfs(root);
  return {
    machineId: await text("/etc/machine-id"),
    systemUuid: (await text("/sys/class/dmi/id/product_uuid")) || (await text("/etc/machine-id")),
    bootId: await text("/proc/sys/kernel/random/boot_id"),
    kernelVersion: release(),
    osImage: parseOsRelease(await text("/etc/os-release")).name,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    cpus: countCpus(await text("/sys/devices/system/cpu/online")) ?? 1,
    memoryBytes: parseMeminfo(meminfo)?.totalBytes ?? 0,
    storageBytes: storage.blocks * storage.bsize,
    swapBytes: Number(/^SwapTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024,
    hugePages: await readHugePages(),
    maxPids: leastOf([
      await text("/proc/sys/kernel/pid_max"),
      await text("/proc/sys/kernel/threads-max"),
    ]),
  };
}

function leastOf(texts: readonly string[]): number {
  const numbers = texts.filter((text) => /^\d+$/.test(text)).map(Number);
  return numbers.length === 0 ? 0 : Math.min(...numbers);
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const HUGE_PAGES = "/sys/kernel/mm/hugepages";

async function readHugePages(): Promise<Record<string, number>> {
  if (!existsSync(HUGE_PAGES)) return {};
  const found: Record<string, number> = {};
  for (const name of await readdir(HUGE_PAGES)) {
    const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    if (kilobytes === 0) continue;
    const count = Number(await readFile(join(HUGE_PAGES, name, "nr_hugepages"), "utf8"));
    const isGiB = kilobytes % (1024 * 1024) === 0;
    const size = isGiB ? `${kilobytes / 1024 / 1024}Gi` : `${kilobytes / 1024}Mi`;
    found[size] = count * kilobytes * 1024;
  }
  return found;
}

/**
 * The node's own addresses: those that are given, else what its name stands for, else that of the
 * interface with the default route.
 */
export async function findNodeIPs(given: readonly string[], nodeName: string): Promise<string[]> {
  if (given.length > 0) return [...given];
  if (isIP(nodeName) !== 0) return [nodeName];
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const resolved = await lookup(nodeName, { all: true }).catch(() => []);
  const named = resolved.find(({ address }) =>
    own.some((one) => one.address === address && !one.internal),
  );
  if (named !== undefined) return [named.address];
  const routes = await readFile("/proc/net/route", "utf8").catch(() => "");
  const device = routes
    .split("\n")
    .map((line) => line.split("\t"))
    .find(([, destination]) => destination === "00000000")?.[0];
  const first = (networkInterfaces()[device ?? ""] ?? []).find(({ family }) => family === "IPv4");
  return first === undefined ? [] : [first.address];
}
