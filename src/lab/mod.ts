/**
 * The lab: machines on this host, images, a cluster directory, a control plane, the chain that makes
 * worker nodes of machines, and the smoke test. The steps of that chain (apply, verify) come in as arguments.
 *
 * @module
 */
export {
  defaultClusterDir,
  LAB_CNI,
  type LabCni,
  writeClusterDirectory,
} from "./cluster-directory.ts";
export { type ClusterState, labClusterState } from "./cluster-state.ts";
export { hostKubeconfig } from "./control-plane/mod.ts";
export type { HelloPod } from "./hello-pods.ts";
export {
  ensureLabImages,
  type ImageArchive,
  type LabImages,
} from "./images/mod.ts";
export {
  type CommandOutput,
  createRunCommand,
  createStart,
  execArgv,
  execInMachine,
  killMachine,
  type Lab,
  type LabDeps,
  LabError,
  type LabEvent,
  type LabMachine,
  type LabOptions,
  type LabStatus,
  type LabWorker,
  labDown,
  labNames,
  labServer,
  labStatus,
  labUp,
  labWorkers,
  type MachineStatus,
  machineRoot,
  machineStatus,
  readLabState,
  rebootMachine,
  requireLab,
  resetMachine,
  setMachineNetwork,
  sshArgs,
  startMachine,
} from "./machines/mod.ts";
export { DEFAULT_LAB, labOption } from "./machines/names.ts";
export type { PassedStep } from "./smoke/mod.ts";
export {
  type LabClusterOptions,
  type LabControlPlane,
  type LabResult,
  type LabSteps,
  type LabTarget,
  labClusterUp,
} from "./up.ts";
