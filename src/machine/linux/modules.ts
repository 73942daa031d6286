import type { Disk } from "../disk.ts";
import { type Exec, execOrThrow } from "../exec.ts";

/**
 * Files of /proc that are there exactly when a feature is, however it came into the kernel.
 * In a container (and with a kernel that has no modules) modprobe knows nothing of it.
 */
const EVIDENCE: Readonly<Record<string, string>> = {
  br_netfilter: "/proc/sys/net/bridge/bridge-nf-call-iptables",
  nf_conntrack: "/proc/sys/net/netfilter/nf_conntrack_max",
  ip_vs: "/proc/net/ip_vs",
};

/** Names in modprobe's and the kernel's spelling are one: `-` and `_` mean the same. */
function normal(module: string): string {
  return module.replaceAll("-", "_");
}

/** Module names in the first column of /proc/modules or the file names of modules.builtin. */
export function parseModuleNames(text: string): ReadonlySet<string> {
  const names = text.split("\n").flatMap((line) => {
    const word = line.trim().split(/\s+/)[0] ?? "";
    return word === "" ? [] : [normal(word.replace(/^.*\//, "").replace(/\.ko(\.\w+)?$/, ""))];
  });
  return new Set(names);
}

/** Of the modules those whose feature is not in the running kernel. */
export async function missingModules(
  disk: Disk,
  exec: Exec,
  modules: readonly string[],
): Promise<readonly { module: string; loadable: boolean }[]> {
  const release = ((await disk.readText("/proc/sys/kernel/osrelease")) ?? "").trim();
  const lists = await Promise.all(
    ["/proc/modules", `/lib/modules/${release}/modules.builtin`].map((path) => disk.readText(path)),
  );
  const there = new Set(lists.flatMap((text) => [...parseModuleNames(text ?? "")]));
  const fileSystems = ((await disk.readText("/proc/filesystems")) ?? "").split(/\s+/);
  const missing: { module: string; loadable: boolean }[] = [];
  for (const module of modules) {
    if (there.has(normal(module)) || fileSystems.includes(module)) continue;
    const evidence = EVIDENCE[normal(module)] ?? `/sys/module/${normal(module)}`;
    if ((await disk.lstat(evidence)) !== undefined) continue;
    missing.push({ module, loadable: await isLoadable(exec, module) });
  }
  return missing;
}

async function isLoadable(exec: Exec, module: string): Promise<boolean> {
  const result = await exec(["modprobe", "--dry-run", "--quiet", "--", module]).catch(
    () => undefined,
  );
  return result?.exitCode === 0;
}

export async function loadModule(exec: Exec, module: string): Promise<void> {
  await execOrThrow(exec, ["modprobe", "--", module], `Cannot load kernel module ${module}`);
}
