import { join } from "node:path";
import type { Clock } from "../../base/mod.ts";
import type { RunCommand, StartedProcess } from "./run-command.ts";

/** One machine of a lab: what is fixed about it while the lab exists. */
export interface LabMachine {
  /** Its host name, e.g. `node-0`. */
  readonly name: string;
  readonly fqdn: string;
  /** Its IPv4 address on the lab's bridge. */
  readonly address: string;
  /** The prefix that its pods get, e.g. `10.200.0.0/24`; a machine without is for the control plane. */
  readonly podSubnet?: string | undefined;
  /** Size of its own disk in bytes; without it the machine shares the host's. */
  readonly diskBytes?: number | undefined;
  /** Its directory on the host: upper layer, /var, console log. */
  readonly dir: string;
}

/** A lab: machines on one bridge of this host. */
export interface Lab {
  readonly name: string;
  readonly dir: string;
  /** The name of the bridge link on the host. */
  readonly bridge: string;
  /** The prefix of the machines' addresses, e.g. `10.240.0.0/24`. */
  readonly subnet: string;
  /** The host's own address on the bridge. */
  readonly jumpboxAddress: string;
  /** True where the machines reach the internet through the host. */
  readonly nat: boolean;
  /** The directory of the root file system that all machines share, read-only. */
  readonly rootfs: string;
  /** Private key that root and the user `debian` of every machine accept. */
  readonly keyFile: string;
  /** Host keys of all machines, by name, FQDN and address. */
  readonly knownHosts: string;
  readonly machines: readonly LabMachine[];
}

/** A machine that becomes a worker node. */
export type LabWorker = LabMachine & { readonly podSubnet: string };

/** The machines that become worker nodes. */
export function labWorkers(lab: Pick<Lab, "machines">): readonly LabWorker[] {
  return lab.machines.filter((one): one is LabWorker => one.podSubnet !== undefined);
}

/** The machine of the control plane, where the lab has one. */
export function labServer(lab: Pick<Lab, "machines">): LabMachine | undefined {
  return lab.machines.find((one) => one.podSubnet === undefined);
}

/** A step that began, or something a person should know. */
export interface LabEvent {
  readonly kind: "step" | "warning";
  readonly message: string;
  readonly machine?: string;
}

/** What the lab needs from the process that uses it. */
export interface LabDeps {
  readonly run: RunCommand;
  /** Starts a program that outlives this process; its output goes to a file. */
  readonly start: (argv: readonly string[], outputFile: string) => StartedProcess;
  readonly kill: (pid: number, signal: "SIGKILL" | "SIGTERM") => void;
  /** True where the host has this program on its PATH. */
  readonly hasTool: (name: string) => boolean;
  readonly clock: Clock;
  readonly report: (event: LabEvent) => void;
  /** Where root file systems and images are kept between labs, e.g. `~/.cache/nodewright/lab`. */
  readonly cacheDir: string;
  /** Where the labs themselves are, e.g. `/var/lib/nodewright/labs`. */
  readonly stateDir: string;
  /** Effective user id of this process. */
  readonly euid: number;
  readonly signal?: AbortSignal;
}

/** The directory of a lab of this name; it need not exist. */
export function labDir(deps: Pick<LabDeps, "stateDir">, name: string): string {
  return join(deps.stateDir, name);
}

/** The paths inside a machine's directory. */
export function machinePaths(dir: string) {
  return {
    /** What systemd-nspawn is told is the root; the overlay covers it at once. */
    stub: join(dir, "stub"),
    /** A file system of the machine's own, where its disk has a size. */
    disk: join(dir, "disk"),
    diskImage: join(dir, "disk.img"),
    /** Kept over a reset: machine id and SSH host key. */
    identity: join(dir, "identity"),
    console: join(dir, "console.log"),
  };
}

/**
 * Directories of a machine that are plain directories of the host, like disks mounted there:
 * overlayfs cannot be stacked as containerd's snapshotter does.
 */
export const DISK_DIRECTORIES = ["/var/lib/containerd", "/var/lib/kubelet"] as const;

/** The layers of a machine: on its own disk where it has one. */
export function machineLayers(machine: Pick<LabMachine, "dir" | "diskBytes">) {
  const base = machine.diskBytes === undefined ? machine.dir : machinePaths(machine.dir).disk;
  return {
    /** What the machine changed in the shared root file system. */
    upper: join(base, "upper"),
    /** What is mounted at each of DISK_DIRECTORIES, by the same names. */
    disks: join(base, "disks"),
  };
}
