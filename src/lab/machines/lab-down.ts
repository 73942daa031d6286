import { readdir, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../base/mod.ts";
import { readHierarchies, removeCgroups } from "./cgroups.ts";
import { removeHostNetwork } from "./host-network.ts";
import { releaseHostSysctls } from "./host-sysctls.ts";
import { type LabDeps, labDir } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { labNames } from "./lab-state.ts";
import { holdHostLock, holdLabLock } from "./lab-up.ts";
import { killMachine, labCgroup } from "./machine.ts";
import { detachDisk } from "./machine-disk.ts";
import { validateLabName } from "./names.ts";
import { removeTree } from "./rootfs.ts";

/**
 * Takes a lab away, whole or half built: processes, mounts, links, rules, cgroups, files. It needs
 * nothing but the lab's name and what it finds, so it also works where `up` was killed or the
 * state file is damaged. Resolves to false where there was no lab of this name.
 */
export async function labDown(deps: LabDeps, name: string): Promise<boolean> {
  if (deps.euid !== 0) {
    throw new LabError("host-unfit", `Cannot take a lab away: user id ${deps.euid} is not root`, {
      fix: "Run this as root (sudo)",
    });
  }
  // The name becomes part of a path that is removed.
  const valid = validateLabName(name);
  if (!valid.ok) throw new UsageError(`Cannot be the name of a lab: ${valid.error}`);
  using _lock = await holdLabLock(deps, name);
  const existed = (await labNames(deps)).includes(name);
  const dir = labDir(deps, name);
  const machines = join(dir, "machines");
  const names = await readdir(machines).catch(() => []);
  await Promise.all(
    names.map(async (machine) => {
      const one = { name: machine, dir: join(machines, machine) };
      await killMachine(deps, { name }, one);
      await detachDisk(deps, one);
    }),
  );
  await removeHostNetwork(deps, name);
  await removeCgroups(await readHierarchies(), [labCgroup(name)], deps.clock);
  await removeTree(deps, dir);
  await removeSharedParts(deps, dir);
  return existed;
}

/** With the last lab go the kept values of the host and the directory of all labs. */
async function removeSharedParts(deps: LabDeps, dir: string): Promise<void> {
  using _lock = await holdHostLock(deps);
  await releaseHostSysctls(dir);
  if ((await labNames(deps)).length > 0) return;
  await rmdir(deps.stateDir).catch(() => {});
  const parent = dirname(deps.stateDir);
  // Only an empty one, and only our own.
  if (basename(parent) === "nodewright") await rmdir(parent).catch(() => {});
}
