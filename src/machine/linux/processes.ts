import { readdir, readFile } from "node:fs/promises";

/** A process, told from a later one with the same pid by its start. */
export interface ProcessEntry {
  readonly pid: number;
  /** Clock ticks since boot (field 22 of /proc/PID/stat). */
  readonly startTicks: string;
  readonly parentPid: number;
  readonly argv: readonly string[];
}

/** Reads /proc/PID/stat; the name in it may hold anything, also spaces and brackets. */
export function parseStat(text: string): { parentPid: number; startTicks: string } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const parentPid = Number(fields[1]);
  const startTicks = fields[19];
  return startTicks === undefined || !Number.isInteger(parentPid)
    ? undefined
    : { parentPid, startTicks };
}

async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const stat = parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
    const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
    return stat === undefined ? undefined : { pid, ...stat, argv };
  } catch {
    return undefined; // it has ended
  }
}

/** All processes of this PID namespace. */
async function listProcesses(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(readEntry));
  return entries.flatMap((entry) => entry ?? []);
}

/**
 * Shims of one containerd and everything below them, the shims last: a shim that ends first would
 * leave its containers to init. `socket` is containerd's, which it hands to its shims.
 */
export function shimsWithChildren(
  processes: readonly ProcessEntry[],
  socket: string,
): readonly ProcessEntry[] {
  const shims = processes.filter(
    ({ argv }) =>
      /(^|\/)containerd-shim-[^/]*$/.test(argv[0] ?? "") &&
      argv.some((word, i) => word === "-address" && sameSocket(argv[i + 1] ?? "", socket)),
  );
  const below = new Set(shims.map((shim) => shim.pid));
  // Parents may be listed after their children: until nothing is added.
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parentPid } of processes) if (below.has(parentPid)) below.add(pid);
  }
  const children = processes.filter(
    ({ pid }) => below.has(pid) && !shims.some((s) => s.pid === pid),
  );
  return [...children, ...shims];
}

/** /var/run is a symbolic link to /run. */
function sameSocket(a: string, b: string): boolean {
  const plain = (path: string): string =>
    path.replace(/^unix:\/\//, "").replace(/^\/var\/run\//, "/run/");
  return plain(a) === plain(b);
}

/** Shims that serve a containerd socket, with everything below them. */
export async function shimProcesses(socket: string): Promise<readonly ProcessEntry[]> {
  return shimsWithChildren(await listProcesses(), socket);
}

/** Ends a process at once, if it is still the one that was listed. */
export async function killProcess(
  entry: Pick<ProcessEntry, "pid" | "startTicks">,
  kill: (pid: number, signal: "SIGKILL") => void,
): Promise<void> {
  if ((await readEntry(entry.pid))?.startTicks !== entry.startTicks) return;
  try {
    kill(entry.pid, "SIGKILL");
  } catch {
    // it ended in between
  }
}
