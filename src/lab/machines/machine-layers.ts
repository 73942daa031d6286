import { chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathExists } from "../../sys/mod.ts";
import {
  DISK_DIRECTORIES,
  type Lab,
  type LabDeps,
  type LabMachine,
  labServer,
  machineLayers,
  machinePaths,
} from "./lab.ts";
import { attachDisk } from "./machine-disk.ts";
import { machineFqdn, SERVER_NAME } from "./names.ts";
import { removeTree } from "./rootfs.ts";
import { ensureHostKey } from "./ssh-identity.ts";

/** The first ordinary user id of Debian: the user `debian` of the root file system. */
const DEBIAN_UID = 1000;
/** Written last: a machine without it was interrupted while it was made. */
const COMPLETE = ".complete";

/**
 * Makes a machine's own files where they are missing: its disk, its upper layer (names, keys,
 * address) and the directories that are like disks of its own. What an interrupted run left half made is made anew.
 */
export async function ensureMachineLayers(
  deps: LabDeps,
  lab: Lab,
  machine: LabMachine,
): Promise<void> {
  const { stub } = machinePaths(machine.dir);
  await mkdir(join(stub, "usr"), { recursive: true });
  await mkdir(join(stub, "etc"), { recursive: true });
  // systemd-nspawn looks for this before it mounts the real root over the stub
  await writeFile(join(stub, "etc/os-release"), "ID=debian\n");
  const identity = await ensureIdentity(deps, machine);
  await attachDisk(deps, machine);
  const layers = machineLayers(machine);
  const marker = join(dirname(layers.upper), COMPLETE);
  if (await pathExists(marker)) return;
  for (const layer of [layers.upper, layers.disks]) await removeTree(deps, layer);
  await mkdir(layers.upper, { recursive: true, mode: 0o755 });
  for (const path of DISK_DIRECTORIES) await mkdir(join(layers.disks, path), { recursive: true });
  await fillUpper(lab, machine, { upper: layers.upper, ...identity });
  await writeFile(marker, "");
}

/** Takes a machine back to its fresh state; it must not be running. Its keys and names stay. */
export async function wipeMachineLayers(deps: LabDeps, machine: LabMachine): Promise<void> {
  const layers = machineLayers(machine);
  await rm(join(dirname(layers.upper), COMPLETE), { force: true });
  for (const layer of [layers.upper, layers.disks]) await removeTree(deps, layer);
}

interface Identity {
  readonly machineId: string;
  readonly hostKey: string;
}

async function ensureIdentity(deps: LabDeps, machine: LabMachine): Promise<Identity> {
  const hostKey = await ensureHostKey(deps, machine);
  const path = join(machinePaths(machine.dir).identity, "machine-id");
  const known = await readFile(path, "utf8").catch(() => "");
  if (/^[0-9a-f]{32}\n$/.test(known)) return { machineId: known, hostKey };
  const machineId = `${crypto.randomUUID().replaceAll("-", "")}\n`;
  await writeFile(path, machineId);
  return { machineId, hostKey };
}

async function fillUpper(
  lab: Lab,
  machine: LabMachine,
  own: Identity & { upper: string },
): Promise<void> {
  const put = async (path: string, content: string, mode = 0o644): Promise<string> => {
    const file = join(own.upper, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content);
    await chmod(file, mode);
    return file;
  };
  await put("etc/hostname", `${machine.name}\n`);
  await put("etc/machine-id", own.machineId, 0o444);
  await writeHosts(lab, own.upper);
  await put("etc/resolv.conf", await resolvConf(lab));
  const prefixLength = lab.subnet.split("/")[1] ?? "24";
  await put(
    "etc/lab-network",
    `ADDRESS=${machine.address}/${prefixLength}\nGATEWAY=${lab.jumpboxAddress}\n`,
  );
  const authorized = await readFile(`${lab.keyFile}.pub`, "utf8");
  for (const [home, uid] of [
    ["root", 0],
    ["home/debian", DEBIAN_UID],
  ] as const) {
    const file = await put(`${home}/.ssh/authorized_keys`, authorized, 0o600);
    await chmod(dirname(file), 0o700);
    await chmod(dirname(dirname(file)), 0o700);
    for (const path of [file, dirname(file), dirname(dirname(file))]) await chown(path, uid, uid);
  }
  await mkdir(join(own.upper, "etc/ssh"), { recursive: true, mode: 0o755 });
  for (const [suffix, mode] of [
    ["", 0o600],
    [".pub", 0o644],
  ] as const) {
    const target = join(own.upper, `etc/ssh/ssh_host_ed25519_key${suffix}`);
    await copyFile(`${own.hostKey}${suffix}`, target);
    await chmod(target, mode);
  }
}

/** The /etc/hosts of every machine: all machines, and the jumpbox as `server` where none is it. */
export function hostsFile(lab: Lab): string {
  const lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"];
  if (labServer(lab) === undefined) {
    lines.push(`${lab.jumpboxAddress} ${machineFqdn(SERVER_NAME)} ${SERVER_NAME}`);
  }
  for (const one of lab.machines) lines.push(`${one.address} ${one.fqdn} ${one.name}`);
  return `${lines.join("\n")}\n`;
}

/** Writes /etc/hosts into a machine's tree: its upper layer, or the root of the running machine. */
export async function writeHosts(lab: Lab, root: string): Promise<void> {
  await mkdir(join(root, "etc"), { recursive: true, mode: 0o755 });
  await writeFile(join(root, "etc/hosts"), hostsFile(lab));
}

/**
 * With NAT the host's resolvers. Without it the host's address on the bridge, where nothing
 * listens: a lookup then fails at once instead of waiting for an answer.
 */
async function resolvConf(lab: Lab): Promise<string> {
  const closed = `nameserver ${lab.jumpboxAddress}\noptions timeout:1 attempts:1\n`;
  if (!lab.nat) return closed;
  // systemd-resolved's stub address works on the host alone; its second file has the real ones
  for (const file of ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"]) {
    const text = await readFile(file, "utf8").catch(() => "");
    const servers = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1] ?? "");
    const usable = servers.filter((server) => !/^(127\.|::1$)/.test(server));
    if (usable.length > 0) return usable.map((server) => `nameserver ${server}\n`).join("");
  }
  return closed;
}
