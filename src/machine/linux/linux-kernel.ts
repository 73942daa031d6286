import { z } from "zod";
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

const linksSchema = z.array(z.looseObject({ ifname: z.string() }));

/** The running Linux kernel, by /proc and by the ordinary programs (kmod, util-linux, iproute2, iptables, nft). */
export function createLinuxKernel(
  disk: Disk,
  exec: Exec,
  kill: (pid: number, signal: "SIGKILL") => void,
): Kernel {
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
    readRoutes: (destinations) => readRoutes(exec, destinations),
    replaceRoute: (destination, via) => replaceRoute(exec, destination, via),
    removeRoute: (destination, via) => removeRoute(exec, destination, via),
    bridges: async () => {
      const argv = ["ip", "-json", "link", "show", "type", "bridge"];
      const out = await execOrThrow(exec, argv, "Cannot list bridges");
      return linksSchema.parse(JSON.parse(out.trim() || "[]")).map((link) => link.ifname);
    },
    removeLink: (name) => run(`Cannot remove link ${name}`, "ip", "link", "delete", "dev", name),
    mountsBelow: async (directory) =>
      mountsBelow((await disk.readText("/proc/self/mountinfo")) ?? "", directory),
    // Lazily where it is busy: what holds it was stopped before, or is about to end.
    unmount: async (path) => {
      if ((await exec(["umount", "--", path])).exitCode === 0) return;
      await run(`Cannot unmount ${path}`, "umount", "--lazy", "--", path);
    },
    masqueradeRules: (networks) => listMasqueradeRules(exec, networks),
    removeMasqueradeRules: (networks) => removeMasqueradeRules(exec, networks),
    serviceRules: () => listServiceRules(exec),
    removeServiceRules: () => removeServiceRules(exec),
    shimProcesses: async (socket) =>
      (await shimProcesses(socket)).map((entry) => ({ ...entry, what: entry.argv.join(" ") })),
    killProcess: (process) => killProcess(process, kill),
    relabel: async (paths) => {
      if ((await disk.lstat("/sys/fs/selinux/enforce")) === undefined) return;
      await run("Cannot set security labels", "restorecon", "-F", "--", ...paths);
    },
  };
}
