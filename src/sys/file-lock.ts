import { type Clock, NodewrightError } from "../base/mod.ts";
import { ERRNO, LOCK, O } from "./constants.ts";
import { makeDirectory, parentOf } from "./directory.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc, moreOfLibc } from "./libc.ts";
import { readText } from "./read-file.ts";
import { SyscallError } from "./syscall-error.ts";
import { writeAll } from "./write-file.ts";

/** Somebody else holds a lock. `holder` is what they wrote into it: `PID WORDS`, or empty. */
export class LockedError extends NodewrightError {
  readonly path: string;
  readonly holder: string;
  constructor(path: string, holder: string) {
    super("locked", `Cannot lock "${path}": held by ${describe(holder)}`, {
      fix: "Wait until that process has ended and repeat",
    });
    this.name = "LockedError";
    this.path = path;
    this.holder = holder;
  }
}

function describe(holder: string): string {
  const [pid, ...words] = holder.split(" ");
  if (pid === undefined || pid === "") return "another process";
  return words.length === 0 ? `process ${pid}` : `process ${pid} (${words.join(" ")})`;
}

/** How long to wait for a lock, and what to say in it. */
export interface LockOptions {
  /** A few words for those who find it held: `nodewright apply from jumpbox`. */
  readonly holder?: string;
  /** Beside others that hold it so; only an exclusive holder is kept out. Leaves no words. */
  readonly shared?: boolean;
}

export interface LockWaitOptions extends LockOptions {
  readonly clock: Clock;
  /** Milliseconds until LockedError; 0 tries once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Between two attempts; flock(2) cannot be waited for without blocking the whole program. */
const RETRY_MS = 50;

/**
 * A lock that the kernel takes away when its process ends, however it ends: flock(2) on a file that
 * stays; exclusive unless asked for otherwise. The file holds the last exclusive holder's pid and
 * words, for messages only.
 */
export class FileLock implements Disposable {
  readonly path: string;
  readonly #fd: Fd;

  private constructor(path: string, fd: Fd) {
    this.path = path;
    this.#fd = fd;
  }

  /** Takes the lock now, or returns undefined where another process (or this one) has it. */
  static tryAcquire(path: string, options: LockOptions = {}): FileLock | undefined {
    return lockFile(path, modeOf(options) | LOCK.NB, options, (fd) => new FileLock(path, fd));
  }

  /** Takes the lock, waiting up to `timeoutMs`; then LockedError. Rejects with the signal's reason. */
  static async acquire(path: string, options: LockWaitOptions): Promise<FileLock> {
    const deadline = options.clock.now() + options.timeoutMs;
    for (;;) {
      options.signal?.throwIfAborted();
      const lock = FileLock.tryAcquire(path, options);
      if (lock !== undefined) return lock;
      const leftMs = deadline - options.clock.now();
      if (leftMs <= 0) throw new LockedError(path, FileLock.holder(path));
      await options.clock.sleep(Math.min(RETRY_MS, leftMs), options.signal);
    }
  }

  /** Takes the lock, blocking the whole program until it is free: for short programs alone. */
  static acquireBlocking(path: string, options: LockOptions = {}): FileLock {
    const lock = lockFile(path, modeOf(options), options, (fd) => new FileLock(path, fd));
    if (lock === undefined) throw new LockedError(path, FileLock.holder(path));
    return lock;
  }

  /** What the present or last holder wrote; empty where nobody did. */
  static holder(path: string): string {
    try {
      return readText(path).trim();
    } catch {
      return "";
    }
  }

  /** Gives the lock back. The file stays: removing it would let two holders lock two files. */
  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

function modeOf({ shared }: LockOptions): number {
  return shared === true ? LOCK.SH : LOCK.EX;
}

function lockFile<T>(
  path: string,
  operation: number,
  options: LockOptions,
  create: (fd: Fd) => T,
): T | undefined {
  makeDirectory(parentOf(path));
  const fd = Fd.open(path, O.RDWR | O.CREAT, 0o644);
  const errno = flock(fd, operation);
  if (errno !== 0) {
    fd.close();
    if (errno === ERRNO.EAGAIN) return undefined;
    throw new SyscallError("flock", errno, `Cannot lock "${path}"`);
  }
  if (options.shared === true) return create(fd);
  // A full disk takes the words away, not the lock.
  try {
    moreOfLibc().ftruncate(fd.number, 0);
    writeAll(fd.number, `${moreOfLibc().getpid()} ${options.holder ?? ""}`.trim(), "");
  } catch {}
  return create(fd);
}

function flock(fd: Fd, operation: number): number {
  for (;;) {
    if (libc().flock(fd.number, operation) === 0) return 0;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return errno;
  }
}
