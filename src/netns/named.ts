import {
  ERRNO,
  MNT,
  MS,
  makeDirectory,
  mount,
  removeFile,
  SyscallError,
  unmount,
  writeText,
} from "../sys/mod.ts";
import { Netns, withNetns } from "./netns.ts";

/** Where namespaces with a name are kept: the place of `ip netns`, so that both see the same. */
export const NETNS_DIRECTORY = "/run/netns";

/** The path of a named namespace; throws TypeError for what cannot be one name. */
export function netnsPath(name: string): string {
  if (name === "" || name === "." || name === ".." || name.includes("/")) {
    throw new TypeError(`Not a name of a network namespace: "${name}"`);
  }
  return `${NETNS_DIRECTORY}/${name}`;
}

/**
 * Makes a namespace that stays until deleteNetns, as `ip netns add NAME`. EEXIST where the name
 * is taken. Interrupted between the file and the mount it leaves an empty file, which deleteNetns
 * removes as well.
 */
export function createNamedNetns(name: string): Netns {
  const path = netnsPath(name);
  prepareDirectory();
  writeText(path, "", { mode: 0o444, isNew: true });
  try {
    using fresh = Netns.create();
    withNetns(fresh, () =>
      mount({ source: "/proc/thread-self/ns/net", target: path, flags: MS.BIND }),
    );
    return Netns.open(path);
  } catch (thrown) {
    deleteNetns(name);
    throw thrown;
  }
}

/**
 * Takes a named namespace away, as `ip netns del NAME`; false where there was none. Processes
 * inside keep it alive without its name.
 */
export function deleteNetns(name: string): boolean {
  const path = netnsPath(name);
  try {
    unmount(path, MNT.DETACH);
  } catch (thrown) {
    // EINVAL: a file without a mount, left by an interrupted creation.
    if (!isErrno(thrown, ERRNO.EINVAL) && !isErrno(thrown, ERRNO.ENOENT)) throw thrown;
  }
  return removeFile(path);
}

/**
 * Makes the directory a shared mount of its own, so that a namespace made or deleted in one mount
 * namespace (a service with PrivateMounts) is so in the others too.
 */
function prepareDirectory(): void {
  makeDirectory(NETNS_DIRECTORY);
  const share = (): void =>
    mount({ source: "none", target: NETNS_DIRECTORY, flags: MS.SHARED | MS.REC });
  try {
    share();
  } catch (thrown) {
    if (!isErrno(thrown, ERRNO.EINVAL)) throw thrown;
    // Not a mount point yet.
    mount({ source: NETNS_DIRECTORY, target: NETNS_DIRECTORY, flags: MS.BIND | MS.REC });
    share();
  }
}

function isErrno(thrown: unknown, errno: number): boolean {
  return thrown instanceof SyscallError && thrown.errno === errno;
}
