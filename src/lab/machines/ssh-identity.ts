import { chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { sshPath } from "../../ssh/mod.ts";
import { atomicWriteFile, pathExists } from "../../sys/mod.ts";
import { type Lab, type LabDeps, type LabMachine, machinePaths } from "./lab.ts";

/** The user and address that a connection goes to. */
export interface SshOptions {
  /** `root` by default; the machines also have `debian`, with sudo. */
  readonly user?: string;
}

/** Makes the lab's own key where it is missing (ssh-keygen, ed25519, no passphrase). */
export async function ensureLabKey(deps: Pick<LabDeps, "run">, lab: Lab): Promise<void> {
  await ensureKey(deps, lab.keyFile, `nodewright lab ${lab.name}`);
}

/** Makes a machine's host key where it is missing; it survives a reset of the machine. */
export async function ensureHostKey(
  deps: Pick<LabDeps, "run">,
  machine: LabMachine,
): Promise<string> {
  const { identity } = machinePaths(machine.dir);
  await mkdir(identity, { recursive: true, mode: 0o700 });
  const path = join(identity, "ssh_host_ed25519_key");
  await ensureKey(deps, path, machine.name);
  return path;
}

async function ensureKey(deps: Pick<LabDeps, "run">, path: string, comment: string): Promise<void> {
  if (await pathExists(path)) return;
  // ssh-keygen asks before it overwrites; what an interrupted run left has another name.
  const temporary = `${path}.new`;
  for (const file of [temporary, `${temporary}.pub`]) await rm(file, { force: true });
  await deps.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", temporary]);
  await chmod(temporary, 0o600);
  await rename(`${temporary}.pub`, `${path}.pub`);
  await rename(temporary, path);
}

/** Writes the host keys of all machines to the lab's known_hosts, so that they are checked. */
export async function writeKnownHosts(lab: Lab): Promise<void> {
  const lines: string[] = [];
  for (const machine of lab.machines) {
    const key = join(machinePaths(machine.dir).identity, "ssh_host_ed25519_key.pub");
    const [type, data] = (await readFile(key, "utf8")).split(" ");
    lines.push(`${machine.name},${machine.fqdn},${machine.address} ${type} ${data}\n`);
  }
  await atomicWriteFile(lab.knownHosts, lines.join(""));
}

/** The argument list of an ssh command to a machine: only the lab's key, only its known hosts. */
export function sshArgs(lab: Lab, machine: LabMachine, options: SshOptions = {}): string[] {
  return [
    "ssh",
    ...["-F", "/dev/null", "-o", `IdentityFile=${sshPath(lab.keyFile)}`],
    ...["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"],
    ...[
      "-o",
      `UserKnownHostsFile=${sshPath(lab.knownHosts)}`,
      "-o",
      "GlobalKnownHostsFile=/dev/null",
    ],
    `${options.user ?? "root"}@${machine.address}`,
  ];
}
