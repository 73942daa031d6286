import type { Clock } from "../base/mod.ts";
import { ERRNO, LOCK } from "./constants.ts";
import { Fd } from "./fd.ts";
import { LockedError } from "./file-lock.ts";
import { lastErrno, libc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

const RETRY_MS = 50;

/**
 * flock(2) on a directory itself: no file is left in a directory that is the user's own. The
 * kernel takes it away when its process ends, however it ends.
 */
export class DirectoryLock implements Disposable {
  readonly #fd: Fd;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Waits up to `timeoutMs`, then rejects with LockedError; with the signal's reason where that comes first. */
  static async acquire(
    path: string,
    options: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<DirectoryLock> {
    const fd = Fd.open(path);
    try {
      const deadline = options.clock.now() + options.timeoutMs;
      while (!tryLock(fd, path)) {
        options.signal?.throwIfAborted();
        const leftMs = deadline - options.clock.now();
        if (leftMs <= 0) throw new LockedError(path, "");
        await options.clock.sleep(Math.min(RETRY_MS, leftMs), options.signal);
      }
      return new DirectoryLock(fd);
    } catch (thrown) {
      fd.close();
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

function tryLock(fd: Fd, path: string): boolean {
  if (libc().flock(fd.number, LOCK.EX | LOCK.NB) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return false;
  throw new SyscallError("flock", errno, `Cannot lock the directory "${path}"`);
}
