import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/mod.ts";
import { FileLock } from "../../sys/mod.ts";

/** How long to wait for others, and what to be called in their messages. */
export interface LockWait {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly holder: string;
  readonly signal?: AbortSignal;
}

/**
 * Who may call plugins at the same time (SPEC 1.1, section 3, "Lifecycle & Ordering"): calls for
 * one container follow one another, those for different containers go side by side, and GC is
 * alone. Kept by files under the cache directory, so that it holds between processes:
 * `all` (shared by calls, exclusive to GC), `gate` (a waiting GC holds it, so that no new call gets
 * in before it), and one file for each container.
 */
export class RuntimeLocks {
  readonly #dir: string;
  readonly #wait: LockWait;

  constructor(cacheDir: string, wait: LockWait) {
    this.#dir = join(cacheDir, "locks");
    this.#wait = wait;
  }

  /** Runs `body` as the one call for a container. */
  async forContainer<T>(containerId: string, body: () => Promise<T>): Promise<T> {
    try {
      using _all = await this.#enter({ shared: true });
      using _own = await FileLock.acquire(this.#containerPath(containerId), this.#wait);
      return await body();
    } finally {
      this.#tidy(containerId);
    }
  }

  /** Runs `body` as the only call of all. */
  async alone<T>(body: () => Promise<T>): Promise<T> {
    using _all = await this.#enter({ shared: false });
    // Whoever holds a container's lock, or waits for it, holds the one that is held here.
    for (const name of readdirSync(this.#dir)) {
      if (name.startsWith(PREFIX)) rmSync(join(this.#dir, name), { force: true });
    }
    return await body();
  }

  /** Through the gate, which a waiting GC keeps shut, to the lock of all. */
  async #enter({ shared }: { readonly shared: boolean }): Promise<FileLock> {
    using _gate = await FileLock.acquire(join(this.#dir, "gate"), { ...this.#wait, shared });
    return await FileLock.acquire(join(this.#dir, "all"), { ...this.#wait, shared });
  }

  /**
   * Removes a container's file where nobody else is at work: under the lock that every holder of
   * such a file has, so that nobody holds a file that is no longer there. Else a later call does.
   */
  #tidy(containerId: string): void {
    try {
      using all = FileLock.tryAcquire(join(this.#dir, "all"));
      if (all !== undefined) rmSync(this.#containerPath(containerId), { force: true });
    } catch {
      // The result of the call counts, not the file.
    }
  }

  #containerPath(containerId: string): string {
    return join(this.#dir, `${PREFIX}${containerId}`);
  }
}

const PREFIX = "container-";
