import { readFile } from "node:fs/promises";
import { NodewrightError } from "../../base/mod.ts";
import { type CriClient, declaredCgroupDriver, usesSystemdCgroups } from "../../cri/mod.ts";
import type { AgentSettings } from "../config/mod.ts";

/**
 * Refuses a machine that the configuration rules out; rejects with kind "config". Gives the cgroup
 * driver to use: the runtime's where it declares one, else the configuration's, which has to be it.
 */
export async function checkMachine(
  settings: AgentSettings,
  options: { readonly cri: CriClient; readonly isCgroupV2: boolean },
): Promise<"systemd" | "cgroupfs"> {
  const { failSwapOn, failCgroupV1 } = settings.node;
  if (failCgroupV1 && !options.isCgroupV2) {
    throw new NodewrightError("config", "Cannot run on cgroup v1: failCgroupV1 is true", {
      fix: "write failCgroupV1: false, or boot the machine with cgroup v2",
    });
  }
  const swaps = (await readFile("/proc/swaps", "utf8")).trim().split("\n").slice(1);
  if (failSwapOn && swaps.length > 0) {
    const [device = ""] = swaps[0]?.split(/\s+/) ?? [];
    throw new NodewrightError("config", `Cannot run with swap on: "${device}"`, {
      fix: "write failSwapOn: false, or turn swap off with swapoff -a",
    });
  }
  const declared = await declaredCgroupDriver(options.cri);
  if (declared !== undefined) return declared;
  const driver = (await usesSystemdCgroups(options.cri)) ? "systemd" : "cgroupfs";
  if (driver !== settings.cgroups.driver) {
    throw new NodewrightError(
      "config",
      `Cannot use the cgroup driver ${settings.cgroups.driver}: the runtime's is ${driver}`,
      { fix: `write cgroupDriver: ${driver}, or change SystemdCgroup in the runtime's file` },
    );
  }
  return driver;
}
