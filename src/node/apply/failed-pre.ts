import type { UnitState } from "../../machine/mod.ts";
import type { DesiredFile } from "../../plan/mod.ts";
import type { Machine } from "../machine.ts";

/**
 * Why a unit did not come to its start, where one of its ExecStartPre commands is the reason: the
 * command, and its line in the file of the cluster directory. Undefined where none is.
 */
export async function describeFailedPre(
  machine: Machine,
  failed: UnitState["failedPre"],
  files: readonly DesiredFile[],
): Promise<string | undefined> {
  if (failed === undefined) return undefined;
  const { command, exitStatus } = failed;
  const place = await placeOf(machine, command, files);
  const at = place === undefined ? "" : ` at ${place}`;
  return `ExecStartPre=${command}${at} ended with ${exitStatus} (write ExecStartPre=-${command} where that does not matter)`;
}

async function placeOf(
  machine: Machine,
  command: string,
  files: readonly DesiredFile[],
): Promise<string | undefined> {
  for (const { path, origin } of files) {
    const lines = ((await machine.disk.readText(path)) ?? "").split("\n");
    const index = lines.findIndex(
      (line) => line.startsWith("ExecStartPre=") && line.includes(command),
    );
    if (index >= 0) return `${origin}:${index + 1}`;
  }
  return undefined;
}
