import { NodewrightError } from "../../base/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { openNftIfThere } from "../../nft/mod.ts";
import { deleteLink, listLinks } from "../../rtnl/mod.ts";
import type { Disk } from "../disk.ts";
import { type Exec, execOrThrow } from "../exec.ts";
import { parseSwaps } from "../facts/parse-swap.ts";
import type { Kernel } from "../kernel.ts";
import { listMasqueradeRules, removeMasqueradeRules } from "./masquerade.ts";
import { loadModule, missingModules } from "./modules.ts";
import { mountsBelow } from "./mounts.ts";
import { killProcess, shimProcesses } from "./processes.ts";
import { readRoutes, removeRoute, replaceRoute } from "./routes.ts";
import { listServiceRules, removeServiceRules } from "./service-rules.ts";
import { readSysctl, writeSysctl } from "./sysctls.ts";

/** What reaches the kernel. */
export interface KernelAccess {
  readonly disk: Disk;
  readonly exec: Exec;
  readonly kill: (pid: number, signal: "SIGKILL") => void;
  /** A connection to rtnetlink, by default of this process's network namespace. */
  readonly openConn?: () => Conn;
  /** The same to nftables; undefined where the kernel has none. */
  readonly openNft?: () => Conn | undefined;
}

/** The running Linux kernel, by /proc, netlink and the ordinary programs (kmod, util-linux, iptables). */
export function createLinuxKernel({
  disk,
  exec,
  kill,
  openConn = () => Conn.open(),
  openNft = () => openNftIfThere(),
}: KernelAccess): Kernel {
  const run = async (action: string, ...argv: string[]): Promise<void> => {
    await execOrThrow(exec, argv, action);
  };
  return {
    missingModules: (modules) => missingModules(disk, exec, modules),
    loadModule: (module) => loadModule(exec, module),
    readSysctl: (key) => readSysctl(disk, key),
    writeSysctl: (key, value) => writeSysctl(disk, key, value),
    activeSwaps: async () => {
      // systemd says so to what runs in its containers; they see the host's swap, but it is not theirs.
      if ((await disk.lstat("/run/systemd/container")) !== undefined) return [];
      return parseSwaps((await disk.readText("/proc/swaps")) ?? "").map(({ path }) => path);
    },
    swapOff: (path) => run(`Cannot turn off swap ${path}`, "swapoff", "--", path),
    swapOn: (path) => run(`Cannot turn on swap ${path}`, "swapon", "--", path),
    readRoutes: async (destinations) => {
      using conn = openConn();
      return readRoutes(conn, destinations);
    },
    replaceRoute: async (destination, via) => {
      using conn = openConn();
      replaceRoute(conn, destination, via);
    },
    removeRoute: async (destination, via) => {
      using conn = openConn();
      removeRoute(conn, destination, via);
    },
    bridges: async () => {
      using conn = openConn();
      const bridges = listLinks(conn).filter(({ kind }) => kind === "bridge");
      return bridges.map(({ name }) => name);
    },
    removeLink: async (name) => {
      using conn = openConn();
      if (!deleteLink(conn, name)) {
        throw new NodewrightError("netlink", `Cannot remove link ${name}: there is none`);
      }
    },
    mountsBelow: async (directory) =>
      mountsBelow((await disk.readText("/proc/self/mountinfo")) ?? "", directory),
    // Lazily where it is busy: what holds it was stopped before, or is about to end.
    unmount: async (path) => {
      if ((await exec(["umount", "--", path])).exitCode === 0) return;
      await run(`Cannot unmount ${path}`, "umount", "--lazy", "--", path);
    },
    masqueradeRules: (networks) => listMasqueradeRules({ exec, openNft }, networks),
    removeMasqueradeRules: (networks) => removeMasqueradeRules({ exec, openNft }, networks),
    serviceRules: () => listServiceRules({ exec, openNft }),
    removeServiceRules: () => removeServiceRules({ exec, openNft }),
    shimProcesses: async (socket) =>
      (await shimProcesses(socket)).map((entry) => ({ ...entry, what: entry.argv.join(" ") })),
    killProcess: (process) => killProcess(process, kill),
    relabel: async (paths) => {
      if ((await disk.lstat("/sys/fs/selinux/enforce")) === undefined) return;
      await run("Cannot set security labels", "restorecon", "-F", "--", ...paths);
    },
  };
}
