import { fileStatus, SyscallError } from "../../../sys/mod.ts";

/**
 * A network namespace as such, however many paths lead to it: its device and inode. Undefined where
 * nothing is at the path, or nothing that this process may look at.
 */
export function netnsIdentity(path: string): string | undefined {
  try {
    const status = path === "" ? undefined : fileStatus(path);
    return status === undefined ? undefined : `${status.device}:${status.inode}`;
  } catch (thrown) {
    if (thrown instanceof SyscallError) return undefined;
    throw thrown;
  }
}

/** True for two paths of one network namespace: `/run/netns/pod` and `/proc/4711/ns/net`. */
export function isSameNetns(one: string | undefined, other: string): boolean {
  if (one === undefined || one === "") return false;
  if (one === other) return true;
  const identity = netnsIdentity(one);
  return identity !== undefined && identity === netnsIdentity(other);
}
