import type { Lab, LabDeps, LabMachine } from "./lab.ts";
import { labNames, readLabState } from "./lab-state.ts";
import { findMachineProcesses } from "./machine-processes.ts";

/** A machine as it is now. */
export type MachineStatus = LabMachine &
  (
    | { readonly state: "running"; readonly leaderPid: number; readonly rootDir: string }
    | { readonly state: "stopped" }
  );

/** A lab as it is now. */
export interface LabStatus {
  readonly lab: Lab;
  readonly machines: readonly MachineStatus[];
}

/** Every lab of this host and the state of its machines; half built ones without machines. */
export async function labStatus(deps: Pick<LabDeps, "stateDir">): Promise<LabStatus[]> {
  const all: LabStatus[] = [];
  for (const name of await labNames(deps)) {
    const lab = await readLabState(deps, name);
    if (lab === undefined) continue;
    all.push({ lab, machines: await Promise.all(lab.machines.map(machineStatus)) });
  }
  return all;
}

/** The state of one machine, with its first process and root directory where it runs. */
export async function machineStatus(machine: LabMachine): Promise<MachineStatus> {
  const { leader } = await findMachineProcesses(machine);
  if (leader === undefined) return { ...machine, state: "stopped" };
  return { ...machine, state: "running", leaderPid: leader, rootDir: `/proc/${leader}/root` };
}
