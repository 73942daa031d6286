import type { Clock } from "../base/mod.ts";

/** When syncs run. */
export interface SyncTimes {
  /** The least time from the start of one to the start of the next. */
  readonly minMs: number;
  /** How soon a failed one is tried again, at first and at most. */
  readonly retryMs: { readonly first: number; readonly most: number };
}

/**
 * Runs syncs one after the other: at once when something is requested, not more often than `minMs`,
 * and again by itself after one that failed, later each time. What is requested during a sync is
 * seen by the next one.
 */
export class SyncTimer {
  readonly #clock: Clock;
  readonly #times: SyncTimes;
  #wake = Promise.withResolvers<void>();

  constructor(clock: Clock, times: SyncTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  request(): void {
    this.#wake.resolve();
  }

  /** Until the signal. `sync` gives false where it failed. */
  async run(sync: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    let retryMs = this.#times.retryMs.first;
    while (!signal.aborted) {
      await Promise.race([this.#wake.promise, ended]);
      if (signal.aborted) return;
      this.#wake = Promise.withResolvers<void>();
      const startedMs = this.#clock.now();
      if (await sync()) {
        retryMs = this.#times.retryMs.first;
        const restMs = startedMs + this.#times.minMs - this.#clock.now();
        if (restMs > 0) await this.#clock.sleep(restMs, signal).catch(() => {});
        continue;
      }
      // Whatever is requested meanwhile is not tried sooner: the kernel has just refused.
      this.request();
      await this.#clock.sleep(retryMs, signal).catch(() => {});
      retryMs = Math.min(retryMs * 2, this.#times.retryMs.most);
    }
  }
}
