import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { atomicWriteFile } from "../../sys/mod.ts";

/**
 * Values of the whole kernel that a machine can change, because its /proc/sys is the host's:
 * systemd raises the first ones at boot, a kubelet or kube-proxy sets the others.
 */
const SYSCTLS = [
  "fs/file-max",
  "fs/nr_open",
  "fs/inotify/max_user_instances",
  "fs/inotify/max_user_watches",
  "kernel/keys/root_maxbytes",
  "kernel/keys/root_maxkeys",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/pid_max",
  "net/ipv4/ip_forward",
  "vm/max_map_count",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "vm/swappiness",
] as const;

const PROC_SYS = "/proc/sys";
const FILE = "host-sysctls.json";

/** Keeps the host's values, once for all labs: before the first machine boots. */
export async function keepHostSysctls(stateDir: string): Promise<void> {
  const path = join(stateDir, FILE);
  if (await readFile(path).catch(() => undefined)) return;
  const values: Record<string, string> = {};
  for (const name of SYSCTLS) {
    const value = await readFile(join(PROC_SYS, name), "utf8").catch(() => undefined);
    if (value !== undefined) values[name] = value.trim();
  }
  await atomicWriteFile(path, `${JSON.stringify(values, null, 2)}\n`);
}

/** Puts the values back that have changed; called when the last lab is gone. */
export async function restoreHostSysctls(stateDir: string): Promise<void> {
  const path = join(stateDir, FILE);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const kept = z.record(z.string(), z.string()).parse(JSON.parse(text));
  for (const name of SYSCTLS) {
    const value = kept[name];
    const now = await readFile(join(PROC_SYS, name), "utf8").catch(() => undefined);
    if (value === undefined || now === undefined || now.trim() === value) continue;
    await writeFile(join(PROC_SYS, name), value);
  }
  await rm(path, { force: true });
}
