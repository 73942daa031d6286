/** The back-off of one thing that keeps failing. */
interface Entry {
  readonly delayMs: number;
  readonly at: number;
}

/** First delay, its bound; the count starts again after twice the bound without a failure. */
export interface BackOffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Delays that double with each failure of a key (client-go's flowcontrol.Backoff). */
export class BackOff {
  readonly #options: BackOffOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The delay that counts for the key now; 0 before its first failure. */
  delayMs(key: string, now: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isForgotten(entry, now)) return 0;
    return entry.delayMs;
  }

  /** Notes a failure at `now` and returns the delay that follows it. */
  next(key: string, now: number): number {
    const entry = this.#entries.get(key);
    const { firstMs, maxMs } = this.#options;
    const delayMs =
      entry === undefined || this.#isForgotten(entry, now)
        ? Math.min(firstMs, maxMs)
        : Math.min(entry.delayMs * 2, maxMs);
    this.#entries.set(key, { delayMs, at: now });
    return delayMs;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #isForgotten(entry: Entry, now: number): boolean {
    return now - entry.at > 2 * this.#options.maxMs;
  }
}
