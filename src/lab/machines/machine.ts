import { readFile, rm, rmdir, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { pollUntil } from "../../base/mod.ts";
import {
  cgroupMembers,
  cgroupsOf,
  createCgroups,
  readHierarchies,
  removeCgroups,
} from "./cgroups.ts";
import { bridgePorts } from "./host-links.ts";
import { type Lab, type LabDeps, type LabMachine, machinePaths } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { ensureMachineLayers, wipeMachineLayers } from "./machine-layers.ts";
import { findMachineProcesses } from "./machine-processes.ts";
import { labOption, nspawnName } from "./names.ts";
import { type HostInit, inCgroups, nspawnArgv } from "./nspawn.ts";
import type { CommandOptions, CommandOutput } from "./run-command.ts";

/** A machine boots in one to two seconds; on a busy host much later. */
const BOOT_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Signals to a systemd-nspawn that has no machine (any more), before it is killed. */
const PATIENCE = 50;
const SSH_PORT = 22;

/** The cgroup of all machines of a lab, below the root of each hierarchy. */
export function labCgroup(labName: string): string {
  return `nodewright-lab-${labName}`;
}

/** Boots a machine that is not running, making what is missing of it; resolves when sshd answers. */
export async function startMachine(deps: LabDeps, lab: Lab, machine: LabMachine): Promise<void> {
  const before = await findMachineProcesses(machine);
  if (before.leader !== undefined && before.nspawn !== undefined) {
    return waitUntilReady(deps, { machine, labName: lab.name }, () => undefined);
  }
  await killMachine(deps, lab, machine);
  await ensureMachineLayers(deps, lab, machine);
  deps.signal?.throwIfAborted();
  deps.report({ kind: "step", message: "Booting", machine: machine.name });
  const { console } = machinePaths(machine.dir);
  const started = deps.start(nspawnArgv(lab, machine, await hostInit(lab, machine)), console);
  await waitUntilReady(deps, { machine, labName: lab.name }, started.exitCode);
}

async function hostInit(lab: Lab, machine: LabMachine): Promise<HostInit> {
  // sd_booted(3)
  if (await stat("/run/systemd/system").catch(() => undefined)) return { kind: "systemd" };
  const path = [labCgroup(lab.name), machine.name] as const;
  return { kind: "other", cgroups: await createCgroups(await readHierarchies(), path) };
}

async function waitUntilReady(
  deps: LabDeps,
  { machine, labName }: { readonly machine: LabMachine; readonly labName?: string },
  exitCode: () => number | null | undefined,
): Promise<void> {
  const wait = { timeoutMs: BOOT_TIMEOUT_MS, intervalMs: POLL_MS, ...signalOf(deps) };
  const outcome = await pollUntil(deps.clock, wait, async () => {
    if (typeof exitCode() === "number") return "ended";
    return (await answersSsh(machine.address)) ? "ready" : undefined;
  });
  if (outcome === "ready") return waitUntilSettled(deps, machine);
  const { console } = machinePaths(machine.dir);
  const why =
    outcome === "ended" ? `systemd-nspawn ended with ${exitCode()}` : "no answer from sshd";
  throw new LabError("machine-failed", `Cannot boot the machine: ${why}`, {
    node: machine.name,
    detail: (await readFile(console, "utf8").catch(() => "")).split("\n").slice(-30).join("\n"),
    fix:
      labName === undefined
        ? `Read "${console}"`
        : `Read "${console}"; "nodewright lab up${labOption(labName)}" tries again, "nodewright lab down${labOption(labName)}" takes all away`,
  });
}

/** The boot's jobs are all done: nothing of it still starts or stops under whoever comes next. */
async function waitUntilSettled(deps: LabDeps, machine: LabMachine): Promise<void> {
  const argv = ["timeout", "30", "systemctl", "is-system-running", "--wait"];
  const state = await execInMachine(deps, machine, argv, { allowFailure: true });
  if (state.stdout.trim() === "running") return;
  const failed = await execInMachine(deps, machine, ["systemctl", "--failed", "--plain"], {
    allowFailure: true,
  });
  deps.report({
    kind: "warning",
    machine: machine.name,
    message: `systemd says ${state.stdout.trim()}\n${failed.stdout.trim()}`,
  });
}

/** The host asks for a neighbour's address for three seconds before it tries anew. */
const NETWORK_TIMEOUT_MS = 15_000;

/** True where an SSH server sends its greeting (RFC 4253 section 4.2). */
function answersSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port: SSH_PORT });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once("data", (data) => end(data.toString("latin1").startsWith("SSH-2.0")));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

/** Pulls the plug: every process of the machine ends at once, and nothing of it keeps running. */
export async function killMachine(
  deps: Pick<LabDeps, "kill" | "clock">,
  lab: Pick<Lab, "name">,
  machine: Pick<LabMachine, "name" | "dir">,
): Promise<void> {
  const hierarchies = await readHierarchies();
  const path = [labCgroup(lab.name), machine.name];
  const groups = hierarchies.map((hierarchy) => join(hierarchy.mountPoint, ...path));
  const wait = { timeoutMs: STOP_TIMEOUT_MS, intervalMs: POLL_MS };
  let rounds = 0;
  await pollUntil(deps.clock, wait, async () => {
    const { leader, supervisors } = await findMachineProcesses(machine);
    // With PID 1 of its pid namespace everything in it ends; systemd-nspawn then cleans up.
    if (leader !== undefined) deps.kill(leader, "SIGKILL");
    else for (const pid of supervisors) deps.kill(pid, ++rounds < PATIENCE ? "SIGTERM" : "SIGKILL");
    const members = await cgroupMembers(groups);
    const rest = members.filter((pid) => !supervisors.includes(pid));
    if (leader === undefined) for (const pid of rest) deps.kill(pid, "SIGKILL");
    const isGone = leader === undefined && supervisors.length === 0 && rest.length === 0;
    return isGone ? true : undefined;
  });
  await removeCgroups(hierarchies, path, deps.clock);
  await removeRuntimeFiles(lab, machine);
}

/** What a systemd-nspawn that was killed could not take away itself. */
async function removeRuntimeFiles(
  lab: Pick<Lab, "name">,
  machine: Pick<LabMachine, "name" | "dir">,
): Promise<void> {
  const run = "/run/systemd/nspawn";
  const { stub } = machinePaths(machine.dir);
  const inode = await stat(stub).catch(() => undefined);
  if (inode !== undefined) {
    await rm(`${run}/locks/inode-${inode.dev}:${inode.ino}`, { force: true });
  }
  const name = nspawnName(lab.name, machine.name);
  for (const directory of [`${run}/propagate/${name}`, `${run}/unix-export/${name}`]) {
    await rmdir(directory).catch(() => {});
  }
  // Empty ones only: they are shared with machines that are not ours.
  for (const directory of ["locks", "propagate", "unix-export", ""]) {
    await rmdir(join(run, directory)).catch(() => {});
  }
}

/** Reboots a machine from inside and waits until its new sshd answers. */
export async function rebootMachine(deps: LabDeps, machine: LabMachine): Promise<void> {
  const leader = await requireLeader(machine);
  await execInMachine(deps, machine, ["systemctl", "reboot"], { allowFailure: true });
  const wait = { timeoutMs: BOOT_TIMEOUT_MS, intervalMs: POLL_MS, ...signalOf(deps) };
  const changed = await pollUntil(deps.clock, wait, async () => {
    const now = await findMachineProcesses(machine);
    return now.leader !== undefined && now.leader !== leader ? true : undefined;
  });
  if (changed === undefined) {
    throw new LabError("machine-failed", "Cannot reboot the machine: it did not go down", {
      node: machine.name,
    });
  }
  await waitUntilReady(deps, { machine }, () => undefined);
}

/** Takes a machine back to the state of its first boot, in a few seconds; its keys and names stay. */
export async function resetMachine(deps: LabDeps, lab: Lab, machine: LabMachine): Promise<void> {
  await killMachine(deps, lab, machine);
  await wipeMachineLayers(deps, machine);
  await startMachine(deps, lab, machine);
}

/** The argument list that runs a command inside a machine, as root, in its namespaces and cgroup. */
export async function execArgv(
  machine: LabMachine,
  argv: readonly string[],
  options: { term?: string } = {},
): Promise<string[]> {
  const leader = await requireLeader(machine);
  // The leader's own group is a leaf, so cgroup v2 lets us in; systemd leaves what is there alone.
  const groups = await cgroupsOf(leader, await readHierarchies());
  return inCgroups(groups, [
    ...["nsenter", `--target=${leader}`, "--all", "--", "env", "-i"],
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...["HOME=/root", "USER=root", "LANG=C.UTF-8"],
    ...(options.term === undefined ? [] : [`TERM=${options.term}`]),
    ...argv,
  ]);
}

/** Runs a command inside a machine and collects its output. */
export async function execInMachine(
  deps: Pick<LabDeps, "run">,
  machine: LabMachine,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  return deps.run(await execArgv(machine, argv), options);
}

/** The host's path to the running machine's root, every mount included. */
export async function machineRoot(machine: LabMachine): Promise<string> {
  return `/proc/${await requireLeader(machine)}/root`;
}

/**
 * Pulls the machine's network cable (its port on the bridge), or plugs it in again; then it waits
 * until the machine answers, for the host remembers for a while that it did not.
 */
export async function setMachineNetwork(
  deps: Pick<LabDeps, "run" | "clock">,
  lab: Lab,
  machine: LabMachine,
  state: "up" | "down",
): Promise<void> {
  const peer = join(await machineRoot(machine), "sys/class/net/host0/iflink");
  const index = Number(await readFile(peer, "utf8"));
  const port = bridgePorts(lab.bridge).find((link) => link.index === index)?.name;
  if (port === undefined) {
    throw new LabError("machine-failed", `Cannot find the machine's port on "${lab.bridge}"`, {
      node: machine.name,
    });
  }
  await deps.run(["ip", "link", "set", port, state]);
  if (state === "down") return;
  const wait = { timeoutMs: NETWORK_TIMEOUT_MS, intervalMs: 200 };
  const answered = await pollUntil(deps.clock, wait, async () =>
    (await answersSsh(machine.address)) ? true : undefined,
  );
  if (answered !== undefined) return;
  throw new LabError("machine-failed", "Cannot reach the machine: it does not answer again", {
    node: machine.name,
    fix: `nodewright lab exec ${machine.name} -- ip addr`,
  });
}

async function requireLeader(machine: LabMachine): Promise<number> {
  const { leader } = await findMachineProcesses(machine);
  if (leader !== undefined) return leader;
  throw new LabError("machine-failed", "Cannot reach the machine: it is not running", {
    node: machine.name,
    fix: 'Run "nodewright lab up", which starts it',
  });
}

function signalOf(deps: Pick<LabDeps, "signal">): { signal?: AbortSignal } {
  return deps.signal === undefined ? {} : { signal: deps.signal };
}
