import { commentSwapLines, restoreSwapLines, swapLines } from "../machine/mod.ts";
import type { Machine } from "./machine.ts";
import type { Ledger } from "./store/ledger.ts";

const FSTAB = "/etc/fstab";

/** What would bring swap back at boot: `fstab WHAT`, `unit NAME`. */
export async function persistentSwaps(machine: Machine): Promise<readonly string[]> {
  const lines = swapLines((await machine.disk.readText(FSTAB)) ?? "");
  // A container's systemd has no swap of its own to bring back.
  if ((await machine.disk.lstat("/run/systemd/container")) !== undefined) {
    return lines.map((what) => `fstab ${what}`);
  }
  const units = await machine.systemd.swapUnits();
  const states = await machine.systemd.show(units);
  const own = units.filter((unit) => {
    const state = states[unit];
    // The ones made from fstab go with its lines; one without a file is only what is in use now.
    return (
      state !== undefined &&
      state.sourcePath !== FSTAB &&
      state.fragmentPath !== "" &&
      !["masked", "masked-runtime"].includes(state.unitFileState) &&
      state.loadState !== "masked"
    );
  });
  return [...lines.map((what) => `fstab ${what}`), ...own.map((unit) => `unit ${unit}`)];
}

/** Turns swap off now and keeps it off. */
export async function swapOff(
  machine: Machine,
  swaps: readonly string[],
  persistent: readonly string[],
): Promise<void> {
  for (const swap of swaps) await machine.kernel.swapOff(swap);
  if (swapsOf("fstab", persistent).length > 0) await editFstab(machine, commentSwapLines);
  for (const unit of swapsOf("unit", persistent)) await machine.systemd.mask(unit);
}

/** The units (or the lines of fstab) among what would bring swap back. */
export function swapsOf(kind: "unit" | "fstab", persistent: readonly string[]): readonly string[] {
  return persistent.flatMap((what) =>
    what.startsWith(`${kind} `) ? [what.slice(kind.length + 1)] : [],
  );
}

/** Brings back what swapOff took; what is left to do is said in a sentence each. */
export async function swapBack(machine: Machine, ledger: Ledger): Promise<void> {
  await editFstab(machine, restoreSwapLines);
  for (const unit of ledger.swap.masked) await machine.systemd.unmask(unit);
  const active = await machine.kernel.activeSwaps();
  for (const swap of ledger.swap.turnedOff) {
    if (!active.includes(swap)) await machine.kernel.swapOn(swap);
  }
}

async function editFstab(machine: Machine, edit: (text: string) => string): Promise<void> {
  const [text, stat] = [await machine.disk.readText(FSTAB), await machine.disk.lstat(FSTAB)];
  if (text === undefined || stat === undefined) return;
  const edited = edit(text);
  if (edited === text) return;
  await machine.disk.write(FSTAB, edited, {
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  });
}
