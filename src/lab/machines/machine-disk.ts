import { mkdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { type LabDeps, type LabMachine, machinePaths } from "./lab.ts";

/** Below this ext4 and a node's own files leave no room for anything. */
export const SMALLEST_DISK_BYTES = 64 * 1024 * 1024;

/**
 * Gives a machine a disk of its own where it has a size: ext4 in a sparse file, mounted on the
 * host through a loop device that goes when it is unmounted.
 */
export async function attachDisk(deps: Pick<LabDeps, "run">, machine: LabMachine): Promise<void> {
  if (machine.diskBytes === undefined) return;
  const { disk, diskImage } = machinePaths(machine.dir);
  await mkdir(disk, { recursive: true });
  if (await isMounted(disk)) return;
  if (!(await stat(diskImage).catch(() => undefined))) {
    const temporary = `${diskImage}.new`;
    await rm(temporary, { force: true });
    await writeFile(temporary, "");
    await truncate(temporary, machine.diskBytes);
    await deps.run(["mkfs.ext4", "-q", "-m", "0", "-F", temporary]);
    await rename(temporary, diskImage);
  }
  await deps.run(["mount", "-o", "loop", diskImage, disk]);
}

/** Unmounts a machine's disk; its loop device goes with it. */
export async function detachDisk(
  deps: Pick<LabDeps, "run">,
  machine: Pick<LabMachine, "dir">,
): Promise<void> {
  const { disk } = machinePaths(machine.dir);
  while (await isMounted(disk)) await deps.run(["umount", disk]);
}

async function isMounted(directory: string): Promise<boolean> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return table.split("\n").some((line) => line.split(" ")[4] === directory);
}
