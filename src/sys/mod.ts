/**
 * The way to the kernel that node:fs does not offer: system calls through libc by what
 * `bun:ffi` is made of (nowhere else used), file descriptors as Disposables, locks, and files that appear as a
 * whole. Plain reading and writing is here as well, for CNI plugins: loading node:fs takes longer
 * than a plugin's own work. Linux with glibc on x86-64 and arm64 only. All functions block unless they return a
 * promise; libc is opened by the first call that needs it.
 *
 * @example
 * using lock = FileLock.tryAcquire("/run/nodewright/lock", { holder: "nodewright apply" });
 * if (lock !== undefined) atomicWriteFileSync("/etc/motd", "hello\n", { mode: 0o644 });
 *
 * @module
 */

export { type AtomicWriteOptions, atomicWriteFile } from "./atomic-write.ts";
export { atomicWriteFileSync } from "./atomic-write-sync.ts";
export { bootTimeMs } from "./boot-time.ts";
export { CallConnection, type CallMessage, hasEnded, type Peer } from "./call-connection.ts";
export { CallListener, listenAtPath, type Waited } from "./call-listener.ts";
export { AF, CLONE, ERRNO, ETH_P, MNT, MS, O, SIGNAL, type SignalName } from "./constants.ts";
export { createTap, type TapSpec, TUN_DEVICE } from "./create-tap.ts";
export { listDirectory, makeDirectory, parentOf } from "./directory.ts";
export { DirectoryLock } from "./directory-lock.ts";
export { errnoName } from "./errno.ts";
export { hasSelinux, withExecLabel } from "./exec-label.ts";
export { Fd } from "./fd.ts";
export { FileLock, LockedError, type LockOptions, type LockWaitOptions } from "./file-lock.ts";
export { linkFile, removeDirectory, removeFile, renameFile } from "./file-names.ts";
export { fileStamp } from "./file-stamp.ts";
export { type FileStatus, fileStatus } from "./file-status.ts";
export { fsyncDirectory, syncFileSystem } from "./fsync.ts";
export { lockDescriptor } from "./lock-descriptor.ts";
export { type MountOptions, mount, unmount } from "./mount.ts";
export { type MountEntry, mountOf, parseMountInfo } from "./mount-info.ts";
export { setns, unshare } from "./namespaces.ts";
export { NetlinkEvents } from "./netlink-events.ts";
export { NetlinkSocket } from "./netlink-socket.ts";
export { type BpfInstruction, PacketSocket, type PacketSocketOptions } from "./packet-socket.ts";
export { pathExists } from "./path-exists.ts";
export { hasSeccomp, killProcessGroup, processId } from "./process.ts";
export { readAll, readSome, readText } from "./read-file.ts";
export {
  MAX_TEXT_BYTES,
  openUserFile,
  readUserFile,
  readUserText,
  readUserTextSync,
  streamUserFile,
  UnsuitableFileError,
} from "./read-user-file.ts";
export { sendDatagram } from "./send-datagram.ts";
export { SyscallError } from "./syscall-error.ts";
export { isTemporaryName, removeTemporaryFiles } from "./temporary-files.ts";
export { textOrEmpty } from "./text-or-empty.ts";
export { TrustedDirectory } from "./trusted-directory.ts";
export { UdpPort } from "./udp-port.ts";
export { waitReadable } from "./wait-readable.ts";
export { type Unreadable, whyUnreadable, whyUnreadableUnlessAbsent } from "./why-unreadable.ts";
export { overwriteText, type WriteTextOptions, writeAll, writeText } from "./write-file.ts";
export { writeSink } from "./write-sink.ts";
