/**
 * Real machines on this host: systemd-nspawn, Debian 12 with systemd and sshd, each with its own
 * network namespace on a bridge of the lab. A machine is an overlay on a root file system that
 * is built once and cached; the runtime's directories are plain ones. Needs root and cgroups of either
 * version; works with and without systemd as the host's PID 1. The kernel is the host's: what a
 * machine sets for the whole kernel is put back when the last lab goes.
 *
 * @module
 */

export { debianMirror } from "./debian-mirror.ts";
export { hasCapability } from "./host-checks.ts";
export {
  type Lab,
  type LabDeps,
  type LabEvent,
  type LabMachine,
  type LabWorker,
  labServer,
  labWorkers,
} from "./lab.ts";
export { labDown } from "./lab-down.ts";
export { LabError, type LabErrorKind } from "./lab-error.ts";
export { type HeldLock, holdLock } from "./lab-lock.ts";
export { labNames, readLabState, requireLab } from "./lab-state.ts";
export { type LabStatus, labStatus, type MachineStatus, machineStatus } from "./lab-status.ts";
export { type LabOptions, labUp } from "./lab-up.ts";
export {
  execArgv,
  execInMachine,
  killMachine,
  machineRoot,
  rebootMachine,
  resetMachine,
  setMachineNetwork,
  startMachine,
} from "./machine.ts";
export { machineFqdn, SERVER_NAME } from "./names.ts";
export { removeTree } from "./rootfs.ts";
export {
  type CommandOptions,
  type CommandOutput,
  createRunCommand,
  createStart,
  type RunCommand,
  type StartedProcess,
} from "./run-command.ts";
export { type SshOptions, sshArgs } from "./ssh-identity.ts";
