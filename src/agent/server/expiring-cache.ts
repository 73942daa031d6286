interface Entry<T> {
  readonly value: T;
  readonly until: number;
}

/** Answers that count for a while; the oldest go where there are too many. */
export class ExpiringCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #now: () => number;
  readonly #max: number;

  constructor(now: () => number, max = 4096) {
    this.#now = now;
    this.#max = max;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.#now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: T, forMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#now() + forMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max) break;
      this.#entries.delete(oldest);
    }
  }
}
