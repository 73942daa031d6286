import { join } from "node:path";
import { DISK_DIRECTORIES, type Lab, type LabMachine, machineLayers, machinePaths } from "./lab.ts";
import { nspawnName } from "./names.ts";

/** What is set for systemd-nspawn beside the environment of its caller. */
const NSPAWN_ENV = [
  // the kubelet and runc write to /sys and /proc/sys
  "SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes",
  // /tmp on the machine's disk, as Debian 12 has it
  "SYSTEMD_NSPAWN_TMPFS_TMP=0",
];

/** What systemd-nspawn's filter would refuse, and containers (runc) need. */
const SYSTEM_CALLS = "add_key keyctl bpf perf_event_open";

/** Enters the cgroups named before `--`, then becomes the command after it. */
const ENTER_CGROUPS =
  'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"';

/** A command that first moves itself into cgroups; as it is where there are none. */
export function inCgroups(directories: readonly string[], argv: readonly string[]): string[] {
  if (directories.length === 0) return [...argv];
  return ["sh", "-c", ENTER_CGROUPS, "sh", ...directories, "--", ...argv];
}

/**
 * Starts the command again as long as it ends with 133: with --keep-unit that is how
 * systemd-nspawn says that the machine wants to reboot.
 */
const REBOOT_LOOP = 'while "$@"; code=$?; [ "$code" = 133 ]; do :; done; exit "$code"';

/** How PID 1 of the host is told about a machine. */
export type HostInit =
  /** systemd makes a scope with everything delegated. */
  | { readonly kind: "systemd" }
  /** There is no systemd: we made these cgroups. */
  | { readonly kind: "other"; readonly cgroups: readonly string[] };

/** The argument list that boots a machine and keeps it over its reboots. */
export function nspawnArgv(lab: Lab, machine: LabMachine, init: HostInit): string[] {
  const layers = machineLayers(machine);
  const unit = nspawnName(lab.name, machine.name);
  const nspawn = [
    "env",
    ...NSPAWN_ENV,
    "systemd-nspawn",
    `--directory=${machinePaths(machine.dir).stub}`,
    `--overlay=${lab.rootfs}:${layers.upper}:/`,
    ...DISK_DIRECTORIES.map((path) => `--bind=${join(layers.disks, path)}:${path}`),
    "--bind=/dev/kmsg",
    `--machine=${unit}`,
    `--hostname=${machine.name}`,
    `--network-bridge=${lab.bridge}`,
    "--register=no",
    "--keep-unit",
    "--capability=all",
    `--system-call-filter=${SYSTEM_CALLS}`,
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
    "--console=pipe",
    "--boot",
  ];
  const once =
    init.kind === "other"
      ? inCgroups(init.cgroups, nspawn)
      : [
          ...["systemd-run", "--scope", "--quiet", "--collect", `--description=${unit}`],
          ...["--slice=machine.slice", "--property=Delegate=yes", "--", ...nspawn],
        ];
  // The loop is outside of the machine's cgroup: on v2 a group with children holds no process.
  return ["sh", "-c", REBOOT_LOOP, "sh", ...once];
}
