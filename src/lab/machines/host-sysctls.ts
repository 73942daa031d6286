import { readFile, rm, stat, writeFile } from "node:fs/promises";
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
  "vm/max_map_count",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "vm/swappiness",
] as const;

/** Where the values and their copy are; a test has others. */
export interface HostSysctlPaths {
  readonly procSys: string;
  /** Below /run, because after a reboot of the host neither labs nor changed values are left. */
  readonly kept: string;
}

const HOST_PATHS: HostSysctlPaths = { procSys: "/proc/sys", kept: "/run/nodewright-labs.json" };

const keptSchema = z.strictObject({
  values: z.record(z.string(), z.string()),
  /** Directories of the labs that may have changed something. */
  labs: z.array(z.string()),
});
type Kept = z.infer<typeof keptSchema>;

/** Keeps the host's values, once for all labs, before a lab's first machine boots. Under the host lock. */
export async function keepHostSysctls(labDir: string, paths = HOST_PATHS): Promise<void> {
  const kept = (await readKept(paths)) ?? { values: await readSysctls(paths), labs: [] };
  if (kept.labs.includes(labDir)) return;
  await writeKept(paths, { ...kept, labs: [...kept.labs, labDir] });
}

/**
 * Lets so many more machines watch files: systemd, containerd and a kubelet open about 20 inotify
 * instances in each, all as the host's root, who has 128 on a stock kernel (inotify(7)). Put back
 * with the other values.
 */
export async function raiseInotifyLimit(machines: number, paths = HOST_PATHS): Promise<void> {
  const path = join(paths.procSys, "fs/inotify/max_user_instances");
  const wanted = 256 + 32 * machines;
  const now = Number(await readFile(path, "utf8"));
  if (now < wanted) await writeFile(path, String(wanted));
}

/** With the last lab the values that have changed are put back. Under the host lock. */
export async function releaseHostSysctls(labDir: string, paths = HOST_PATHS): Promise<void> {
  const kept = await readKept(paths);
  if (kept === undefined) return;
  const labs: string[] = [];
  for (const dir of kept.labs) {
    // A directory that somebody removed by hand holds nobody up.
    if (dir !== labDir && (await stat(dir).catch(() => undefined))) labs.push(dir);
  }
  if (labs.length > 0) return writeKept(paths, { ...kept, labs });
  for (const [name, now] of Object.entries(await readSysctls(paths))) {
    const before = kept.values[name];
    if (before !== undefined && before !== now) await writeFile(join(paths.procSys, name), before);
  }
  await rm(paths.kept, { force: true });
}

async function readSysctls(paths: HostSysctlPaths): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of SYSCTLS) {
    const value = await readFile(join(paths.procSys, name), "utf8").catch(() => undefined);
    if (value !== undefined) values[name] = value.trim();
  }
  return values;
}

async function readKept(paths: HostSysctlPaths): Promise<Kept | undefined> {
  const text = await readFile(paths.kept, "utf8").catch(() => undefined);
  return text === undefined ? undefined : keptSchema.parse(JSON.parse(text));
}

function writeKept(paths: HostSysctlPaths, kept: Kept): Promise<void> {
  return atomicWriteFile(paths.kept, `${JSON.stringify(kept, null, 2)}\n`);
}
