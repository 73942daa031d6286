import type { FileTree } from "./file-tree.ts";
import type { ActiveSwap, ClockFacts, NodeFacts, OsFacts, PersistentSwap } from "./node-facts.ts";
import { countCpus, parseMeminfo, parseOsRelease } from "./parse-os.ts";
import { parseFstabSwaps, parseSwaps } from "./parse-swap.ts";

/** What identifies the machine and its system. */
export type SystemPart = Pick<
  NodeFacts,
  | "hostname"
  | "kernelRelease"
  | "machineId"
  | "bootId"
  | "uptimeSeconds"
  | "cpuCount"
  | "memory"
  | "cniConfigFiles"
  | "selinux"
  | "isAppArmorEnabled"
> & { readonly os: OsFacts };

/** Reads identity, size and security modules. */
export function readSystem(tree: FileTree): SystemPart {
  const uptime = Number(tree.word("/proc/uptime")?.split(" ")[0]);
  const cpus = tree.word("/sys/devices/system/cpu/online");
  return {
    hostname: tree.word("/proc/sys/kernel/hostname") ?? "",
    os: parseOsRelease(tree.text("/etc/os-release") ?? tree.text("/usr/lib/os-release") ?? ""),
    kernelRelease: tree.word("/proc/sys/kernel/osrelease") ?? "",
    machineId: tree.word("/etc/machine-id") ?? null,
    bootId: tree.word("/proc/sys/kernel/random/boot_id") ?? null,
    uptimeSeconds: Number.isFinite(uptime) ? uptime : null,
    cpuCount: cpus === undefined ? null : countCpus(cpus),
    memory: parseMeminfo(tree.text("/proc/meminfo") ?? ""),
    cniConfigFiles: tree.names("/etc/cni/net.d"),
    selinux: readSelinux(tree),
    isAppArmorEnabled: tree.word("/sys/module/apparmor/parameters/enabled") === "Y",
  };
}

function readSelinux(tree: FileTree): NodeFacts["selinux"] {
  const enforce = tree.word("/sys/fs/selinux/enforce");
  if (enforce === undefined) return "absent";
  return enforce === "1" ? "enforcing" : "permissive";
}

/** The machine's time, and whether systemd-timesyncd keeps it. */
export function readClock(tree: FileTree, epochMs: number): ClockFacts {
  if (!tree.exists("/run/systemd/timesync")) return { epochMs, isSynchronised: null };
  return { epochMs, isSynchronised: tree.exists("/run/systemd/timesync/synchronized") };
}

/** Swap in use. */
export function readSwaps(tree: FileTree): readonly ActiveSwap[] {
  return parseSwaps(tree.text("/proc/swaps") ?? "");
}

const UNIT_DIRECTORIES = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
/** Generators that make swap without a line anywhere else. */
const SWAP_GENERATORS = [
  "/etc/systemd/zram-generator.conf",
  "/usr/lib/systemd/zram-generator.conf",
  "/etc/dphys-swapfile",
];

/** Swap at the next boot: lines of fstab, units of its own, generators. Masked units do not count. */
export function readPersistentSwaps(
  tree: Pick<FileTree, "text" | "names" | "target" | "exists">,
): readonly PersistentSwap[] {
  const found = [...parseFstabSwaps(tree.text("/etc/fstab") ?? "", "/etc/fstab")];
  const seen = new Set<string>();
  for (const directory of UNIT_DIRECTORIES) {
    for (const name of tree.names(directory)) {
      if (!name.endsWith(".swap") || seen.has(name)) continue;
      // The first directory counts: a link to /dev/null in it masks the unit everywhere.
      seen.add(name);
      const file = `${directory}/${name}`;
      if (tree.target(file) !== "/dev/null") found.push({ file, what: name });
    }
  }
  for (const file of SWAP_GENERATORS) {
    if (tree.exists(file)) found.push({ file, what: "swap made at boot" });
  }
  return found;
}

/** Values of sysctls; a key's dots are the path's slashes (and the other way round in link names). */
export function readSysctls(
  tree: FileTree,
  keys: readonly string[],
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    keys.map((key) => {
      const swapped = key.replace(/[./]/g, (c) => (c === "." ? "/" : "."));
      const value = tree.text(`/proc/sys/${swapped}`);
      return [key, value?.trim().replaceAll("\t", " ") ?? null];
    }),
  );
}

/** Where commands are found first in a PATH. */
export function readCommands(
  tree: FileTree,
  names: readonly string[],
  path: string,
): Readonly<Record<string, string | null>> {
  const directories = path.split(":").filter((directory) => directory.startsWith("/"));
  return Object.fromEntries(
    names.map((name) => [
      name,
      directories.map((d) => `${d}/${name}`).find((p) => tree.isExecutable(p)) ?? null,
    ]),
  );
}
