import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mapPool, UsageError } from "../../base/mod.ts";
import { type Cidr, formatCidr, parseCidr } from "../../ip/mod.ts";
import { checkHost } from "./host-checks.ts";
import { readTakenPrefixes } from "./host-links.ts";
import { createHostNetwork } from "./host-network.ts";
import { keepHostSysctls, raiseInotifyLimit } from "./host-sysctls.ts";
import { type Lab, type LabDeps, type LabMachine, labDir, labServer, labWorkers } from "./lab.ts";
import { checkLabNetwork } from "./lab-checks.ts";
import { LabError } from "./lab-error.ts";
import { type HeldLock, holdLock } from "./lab-lock.ts";
import { labFiles, readLabState, writeLabState } from "./lab-state.ts";
import { startMachine } from "./machine.ts";
import { SMALLEST_DISK_BYTES } from "./machine-disk.ts";
import { writeHosts } from "./machine-layers.ts";
import { findMachineProcesses } from "./machine-processes.ts";
import { bridgeName, machineFqdn, machineNames, SERVER_NAME, validateLabName } from "./names.ts";
import { ensureRootfs } from "./rootfs.ts";
import { ensureHostKey, ensureLabKey, writeKnownHosts } from "./ssh-identity.ts";
import {
  chooseSubnet,
  jumpboxAddress,
  MOST_MACHINES,
  machineAddress,
  machinePodSubnet,
  serverAddress,
} from "./subnets.ts";

/** What a lab is asked to be. */
export interface LabOptions {
  readonly name: string;
  /** How many worker machines; a lab that has more keeps them. */
  readonly nodes: number;
  /** One more machine, `server`, for a control plane; a lab that has it keeps it. */
  readonly server?: boolean;
  /** Lets the machines reach the internet through the host; they cannot otherwise. */
  readonly nat?: boolean;
  /** The prefix (/16) that the machines' pod subnets (/24) are taken from. */
  readonly podCidr?: string;
  /** Sizes of disks in bytes, by machine name; a machine not named shares the host's disk. */
  readonly disks?: Readonly<Record<string, number>>;
  /** Where the machines' packages come from. */
  readonly mirror?: string;
}

/** More gains nothing: a boot is work of the processor. */
const BOOTS_AT_ONCE = 8;
const DEFAULT_POD_CIDR = "10.200.0.0/16";

/**
 * Makes a lab, or what is missing of it: repeating it, also after an interruption at any point,
 * continues. Resolves when sshd of every machine answers. Rejects with LabError, or UsageError
 * for options that cannot be.
 */
export async function labUp(deps: LabDeps, options: LabOptions): Promise<Lab> {
  checkOptions(options);
  const disks = options.disks ?? {};
  const nat = options.nat ?? false;
  await checkHost(deps, {
    machines: options.nodes + (options.server === true ? 1 : 0),
    nat,
    sized: Object.keys(disks).length > 0,
  });
  using _lock = await holdLabLock(deps, options.name);
  const rootfs = await ensureRootfs(deps, { mirror: options.mirror });
  const lab = await placeLab(deps, options, rootfs);
  await ensureLabKey(deps, lab);
  for (const machine of lab.machines) await ensureHostKey(deps, machine);
  await writeKnownHosts(lab);
  await startAll(deps, lab);
  await checkLabNetwork(deps, lab);
  return lab;
}

/** The lock of one lab: one command at a time changes it. */
export function holdLabLock(deps: LabDeps, name: string): Promise<HeldLock> {
  const message = `Waiting for another command that works on the lab "${name}"`;
  return holdLock(`labs/${name}`, {
    clock: deps.clock,
    signal: deps.signal,
    onWait: () => deps.report({ kind: "step", message }),
  });
}

/** The lock of what all labs share: subnets and the host's kept values. */
export function holdHostLock(deps: LabDeps): Promise<HeldLock> {
  return holdLock("host", { clock: deps.clock, signal: deps.signal, onWait: () => {} });
}

function checkOptions(options: LabOptions): void {
  const name = validateLabName(options.name);
  if (!name.ok) throw new UsageError(`Cannot name a lab so: ${name.error}`);
  if (!Number.isInteger(options.nodes) || options.nodes < 1 || options.nodes > MOST_MACHINES) {
    throw new UsageError(`Cannot make so many machines: ${options.nodes}`, {
      fix: `Ask for 1 to ${MOST_MACHINES}`,
    });
  }
  const known = machineNames(options.nodes);
  for (const [machine, bytes] of Object.entries(options.disks ?? {})) {
    if (!known.includes(machine)) throw new UsageError(`Cannot size the disk of "${machine}"`);
    if (bytes < SMALLEST_DISK_BYTES) {
      throw new UsageError(`Cannot make a disk so small: ${bytes} bytes`, {
        fix: `At least ${SMALLEST_DISK_BYTES} bytes`,
      });
    }
  }
}

/** Decides (once) what the lab is, writes it down, and only then makes its network. */
async function placeLab(deps: LabDeps, options: LabOptions, rootfs: string): Promise<Lab> {
  await mkdir(deps.stateDir, { recursive: true, mode: 0o700 });
  using _lock = await holdHostLock(deps);
  const existing = await readLabState(deps, options.name);
  if (existing !== undefined) await checkUnchanged(existing, options);
  const lab = existing ?? (await planLab(deps, options, rootfs));
  const grown: Lab = { ...lab, machines: planMachines(lab, options) };
  await writeLabState(grown);
  await keepHostSysctls(grown.dir);
  await raiseInotifyLimit(grown.machines.length);
  deps.report({
    kind: "step",
    message: `Bridge ${grown.bridge}, ${grown.subnet}, this host is ${grown.jumpboxAddress}${grown.nat ? "" : "; no internet for the machines"}`,
  });
  await createHostNetwork(deps, grown);
  return grown;
}

async function checkUnchanged(existing: Lab, options: LabOptions): Promise<void> {
  const fix = `Run "nodewright lab down --name ${existing.name}" first`;
  if (options.nat !== undefined && options.nat !== existing.nat) {
    throw new LabError("conflict", `Cannot change NAT of the existing lab "${existing.name}"`, {
      fix,
    });
  }
  // An older recipe's root is not built again: the machines were made on another one.
  if (await stat(existing.rootfs).catch(() => undefined)) return;
  throw new LabError("conflict", `Cannot find the lab's root file system: "${existing.rootfs}"`, {
    fix,
  });
}

async function planLab(deps: LabDeps, options: LabOptions, rootfs: string): Promise<Lab> {
  const subnet = chooseSubnet(readTakenPrefixes());
  if (!subnet.ok) {
    throw new LabError("host-unfit", "Cannot find a free private subnet for the lab", {
      detail: subnet.error,
      fix: "Take down a lab that is no longer needed (nodewright lab status)",
    });
  }
  const dir = labDir(deps, options.name);
  return {
    name: options.name,
    dir,
    bridge: bridgeName(options.name),
    subnet: formatCidr(subnet.value),
    jumpboxAddress: jumpboxAddress(subnet.value),
    nat: options.nat ?? false,
    rootfs,
    ...labFiles(dir),
    machines: [],
  };
}

/** The machines that the lab has, and those that it shall have beside them. */
function planMachines(lab: Lab, options: LabOptions): LabMachine[] {
  const subnet = parseCidr(lab.subnet);
  const pods = parseCidr(options.podCidr ?? DEFAULT_POD_CIDR);
  if (!subnet.ok) throw new TypeError(subnet.error);
  if (!pods.ok) throw new UsageError(`Cannot use the prefix for pods: ${pods.error}`);
  const workers = labWorkers(lab);
  const wanted = options.server === true ? planServer(lab, subnet.value) : undefined;
  const server = labServer(lab) ?? wanted;
  const planned = machineNames(Math.max(options.nodes, workers.length)).map((name, index) => {
    const existing = workers[index];
    if (existing !== undefined) return existing;
    const podSubnet = machinePodSubnet(pods.value, index);
    if (!podSubnet.ok) throw new UsageError(`Cannot use the prefix for pods: ${podSubnet.error}`);
    const diskBytes = options.disks?.[name];
    return {
      name,
      fqdn: machineFqdn(name),
      address: machineAddress(subnet.value, index),
      podSubnet: podSubnet.value,
      ...(diskBytes === undefined ? {} : { diskBytes }),
      dir: join(lab.dir, "machines", name),
    };
  });
  return server === undefined ? planned : [...planned, server];
}

function planServer(lab: Lab, subnet: Cidr): LabMachine {
  return {
    name: SERVER_NAME,
    fqdn: machineFqdn(SERVER_NAME),
    address: serverAddress(subnet),
    dir: join(lab.dir, "machines", SERVER_NAME),
  };
}

async function startAll(deps: LabDeps, lab: Lab): Promise<void> {
  const started = await mapPool(lab.machines, BOOTS_AT_ONCE, (machine) =>
    startMachine(deps, lab, machine).then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    ),
  );
  // Every machine has come to its end, good or bad, before the first failure is told.
  for (const failure of started) if (failure !== undefined) throw failure.thrown;
  // Machines that were there before learn the names of those that came.
  for (const machine of lab.machines) {
    const { leader } = await findMachineProcesses(machine);
    if (leader !== undefined) await writeHosts(lab, `/proc/${leader}/root`);
  }
}
