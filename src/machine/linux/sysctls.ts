import { readFile, writeFile } from "node:fs/promises";
import { NodewrightError } from "../../base/mod.ts";
import { SyscallError } from "../../sys/mod.ts";
import type { Disk } from "../disk.ts";

/**
 * The file of a key. As sysctl(8) has it: whichever of `.` and `/` comes first divides, the other
 * one stands for the other (`net.ipv4.conf.eth0/100.forwarding`).
 */
export function sysctlPath(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  if (first !== ".") return `/proc/sys/${key}`;
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === "." ? "/" : "."))}`;
}

/** null where the running kernel has no such key. */
export async function readSysctl(disk: Disk, key: string): Promise<string | null> {
  try {
    return (await readFile(disk.at(sysctlPath(key)), "utf8")).trimEnd();
  } catch {
    return null; // absent, or write-only
  }
}

/** Sets a key and reads it back: the kernel clamps some values without a word. */
export async function writeSysctl(disk: Disk, key: string, value: string): Promise<void> {
  try {
    await writeFile(disk.at(sysctlPath(key)), value);
  } catch (thrown) {
    throw SyscallError.wrap(thrown, `Cannot set ${key} to "${value}"`);
  }
  const now = await readSysctl(disk, key);
  const same = (text: string): string => text.trim().split(/\s+/).join(" ");
  if (now !== null && same(now) !== same(value)) {
    throw new NodewrightError("sysctl", `Cannot set ${key} to "${value}": it stays "${now}"`);
  }
}
