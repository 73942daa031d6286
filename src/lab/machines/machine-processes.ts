import { readdir, readFile } from "node:fs/promises";
import { type LabMachine, machineLayers } from "./lab.ts";

/** The processes of one machine, as they are now. */
export interface MachineProcesses {
  /** PID 1 of the machine, seen from the host. */
  readonly leader: number | undefined;
  /** The systemd-nspawn above it; undefined while it starts or between two boots. */
  readonly nspawn: number | undefined;
  /** That one, and what starts it. */
  readonly supervisors: readonly number[];
}

/**
 * Finds a machine's processes by what they are, never by a remembered pid: the leader is the
 * first process of a pid namespace whose root is the overlay with this machine's upper layer;
 * supervisors are those whose command line names that layer as an overlay. So a pid that was given to
 * another process after a crash is never mistaken for ours.
 */
export async function findMachineProcesses(
  machine: Pick<LabMachine, "dir">,
  proc = "/proc",
): Promise<MachineProcesses> {
  const uppers = upperLayers(machine.dir);
  let leader: number | undefined;
  let nspawn: number | undefined;
  const supervisors: number[] = [];
  for (const pid of await pids(proc)) {
    const argv = (await read(`${proc}/${pid}/cmdline`)).split("\0");
    if (isSupervisor(argv, uppers)) {
      supervisors.push(pid);
      if (argv[0] === "systemd-nspawn") nspawn = pid;
    } else if (await isLeader(`${proc}/${pid}`, uppers)) leader = pid;
  }
  return { leader, nspawn, supervisors };
}

/** Where the upper layer may be: with a disk of the machine's own, and without. */
function upperLayers(dir: string): string[] {
  return [machineLayers({ dir }).upper, machineLayers({ dir, diskBytes: 0 }).upper];
}

async function pids(proc: string): Promise<number[]> {
  return (await readdir(proc))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function isSupervisor(argv: readonly string[], uppers: readonly string[]): boolean {
  return argv.some(
    (word) => word.startsWith("--overlay=") && uppers.includes(word.split(":")[1] ?? ""),
  );
}

async function isLeader(dir: string, uppers: readonly string[]): Promise<boolean> {
  // NSpid has one number for each nested pid namespace; deeper ones are the machine's containers.
  const nsPids = /^NSpid:\s+(.*)$/m.exec(await read(`${dir}/status`))?.[1]?.split(/\s+/) ?? [];
  if (nsPids.length !== 2 || nsPids[1] !== "1") return false;
  const mountInfo = await read(`${dir}/mountinfo`);
  return uppers.some((upper) => hasOverlayRoot(mountInfo, upper));
}

/** True where the mount table (proc_pid_mountinfo(5)) has an overlay on / with this upper layer. */
export function hasOverlayRoot(mountInfo: string, upper: string): boolean {
  return mountInfo.split("\n").some((line) => {
    const [mount, source] = line.split(" - ");
    if (mount?.split(" ")[4] !== "/" || !source?.startsWith("overlay ")) return false;
    return source.split(" ")[2]?.split(",").includes(`upperdir=${upper}`) ?? false;
  });
}

/** A process may end between being listed and being read: then there is nothing to read. */
async function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
