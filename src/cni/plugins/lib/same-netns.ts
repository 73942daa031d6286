import { statSync } from "node:fs";

/** A network namespace as such, however many paths lead to it: its device and inode. */
export function netnsIdentity(path: string): string | undefined {
  const stat = path === "" ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

/** True for two paths of one network namespace: `/run/netns/pod` and `/proc/4711/ns/net`. */
export function isSameNetns(one: string | undefined, other: string): boolean {
  if (one === undefined || one === "") return false;
  if (one === other) return true;
  const identity = netnsIdentity(one);
  return identity !== undefined && identity === netnsIdentity(other);
}
