import { lstat, readdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { CriClient } from "../../cri/mod.ts";
import { parseMeminfo } from "../../machine/mod.ts";
import type { Signal } from "../config/mod.ts";
import type { Observation, Observations } from "./thresholds.ts";

/** Where the node's file systems are. */
export interface ObservedPlaces {
  readonly cri: CriClient;
  /** The agent's directory: the file system of the node. */
  readonly root: string;
}

/** Looks at everything that may run short; what cannot be read is missing. */
export async function observeNode(places: ObservedPlaces): Promise<Observations> {
  const [memory, nodefs, imagefs, pids] = await Promise.all([
    observeMemory(),
    observeFileSystem(places.root),
    observeImages(places),
    observePids(),
  ]);
  const found: readonly (readonly [Signal, Observation | undefined])[] = [
    ["memory.available", memory],
    ["nodefs.available", nodefs?.bytes],
    ["nodefs.inodesFree", nodefs?.inodes],
    ["imagefs.available", imagefs?.bytes],
    ["imagefs.inodesFree", imagefs?.inodes],
    // The runtime keeps what containers write where it keeps images.
    ["containerfs.available", imagefs?.bytes],
    ["containerfs.inodesFree", imagefs?.inodes],
    ["pid.available", pids],
  ];
  const all = new Map<Signal, Observation>();
  for (const [signal, one] of found) if (one !== undefined) all.set(signal, one);
  return all;
}

/** What is left besides the working set: file pages and kernel caches that can go at once are free. */
async function observeMemory(): Promise<Observation | undefined> {
  const meminfo = await readFile("/proc/meminfo", "utf8");
  const capacity = parseMeminfo(meminfo)?.totalBytes;
  if (capacity === undefined) return undefined;
  return { capacity, available: availableMemory(meminfo, capacity) };
}

/** Pure: of the machine as the kernel counts it. */
export function availableMemory(meminfo: string, capacity: number): number {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0) * 1024;
  const free = bytes("MemFree") + bytes("Inactive\\(file\\)") + bytes("SReclaimable");
  return Math.min(free, capacity);
}

export interface FileSystemState {
  readonly bytes: Observation;
  readonly inodes: Observation | undefined;
}

async function observeFileSystem(path: string): Promise<FileSystemState | undefined> {
  const found = await statfs(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { bavail, blocks, bsize, files, ffree } = found;
  return {
    bytes: { available: bavail * bsize, capacity: blocks * bsize },
    // Some file systems have no number of files that is fixed.
    inodes: files === 0 ? undefined : { available: ffree, capacity: files },
  };
}

/** The file system of the runtime's images. */
export async function observeImages({ cri }: ObservedPlaces): Promise<FileSystemState | undefined> {
  const answer = await cri.image.imageFsInfo({}).catch(() => undefined);
  const path = answer?.imageFilesystems[0]?.fsId?.mountpoint;
  return path === undefined ? undefined : await observeFileSystem(path);
}

async function observePids(): Promise<Observation | undefined> {
  const text = async (path: string): Promise<string> => await readFile(path, "utf8");
  const limits = await Promise.all([
    text("/proc/sys/kernel/pid_max"),
    text("/proc/sys/kernel/threads-max"),
  ]).catch(() => []);
  const capacity = Math.min(...limits.map(Number));
  // `0.00 0.01 0.05 1/123 4567`: the fourth field ends with how many tasks there are.
  const tasks = Number(/\/(\d+) /.exec(await text("/proc/loadavg"))?.[1] ?? Number.NaN);
  if (!Number.isFinite(capacity) || !Number.isFinite(tasks)) return undefined;
  return { capacity, available: capacity - tasks };
}

/** Bytes on disk and files below a directory on its own file system; a file with two names counts once. */
export async function diskUsage(root: string): Promise<{ bytes: number; inodes: number }> {
  const seen = new Set<number>();
  let bytes = 0;
  const top = await lstat(root).catch(() => undefined);
  const waiting = top === undefined ? [] : [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || found.dev !== top?.dev || seen.has(found.ino)) continue;
    seen.add(found.ino);
    bytes += found.blocks * 512;
    if (!found.isDirectory()) continue;
    for (const name of await readdir(path).catch(() => [])) waiting.push(join(path, name));
  }
  return { bytes, inodes: seen.size };
}
