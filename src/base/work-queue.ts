import { BackOff, type BackOffOptions } from "./back-off.ts";
import type { Clock } from "./clock.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The delay after a key's failures. */
  readonly backOff: BackOffOptions;
  /** From 0 up to 1; spreads retries by up to a tenth. Default: Math.random. */
  readonly random?: () => number;
}

/** When a key's work is due again although nobody adds it. */
export interface WorkResult {
  readonly wakeMs?: number | undefined;
}

/**
 * Keys that wait for work. A key that is added twice before its work begins is worked on once; one
 * that is added during its work is worked on again afterwards, never at the same time. Work that
 * rejects is tried again after the key's back-off.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #backOff: BackOff;
  /** Insertion order is the order of work. */
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  readonly #due = new Map<string, number>();
  #wake = Promise.withResolvers<void>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.backOff);
    options.signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
  }

  /** Keys that are ready or in work; waits for a deadline do not count. */
  get size(): number {
    return this.#ready.size + this.#running.size;
  }

  add(key: string): void {
    this.#ready.add(key);
    this.#wake.resolve();
  }

  /** Adds the key after `ms`, or sooner where an earlier deadline stands. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#options.clock.now() + ms;
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? at));
    this.#wake.resolve();
  }

  /** The delay of a key that has just failed, with jitter; the key is added again after it. */
  retry(key: string): number {
    const { clock, random = Math.random } = this.#options;
    const delayMs = this.#backOff.next(key, clock.now()) * (1 + random() / 10);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /**
   * Works until the signal, on up to `limit` keys at once. `work` may ask to be called again after
   * `wakeMs`; `onError` hears of what it rejects with.
   */
  async run(
    limit: number,
    work: (key: string) => Promise<WorkResult | undefined>,
    onError: (key: string, thrown: unknown) => void,
  ): Promise<void> {
    const { signal } = this.#options;
    const tasks = new Set<Promise<void>>();
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      const nextMs = this.#promote();
      for (const key of this.#ready) {
        if (this.#running.size >= limit) break;
        if (this.#running.has(key)) continue;
        this.#ready.delete(key);
        this.#running.add(key);
        const task = this.#work(key, work, onError).finally(() => tasks.delete(task));
        tasks.add(task);
      }
      await this.#pause(nextMs);
    }
    await Promise.all(tasks);
  }

  async #work(
    key: string,
    work: (key: string) => Promise<WorkResult | undefined>,
    onError: (key: string, thrown: unknown) => void,
  ): Promise<void> {
    try {
      const result = await work(key);
      this.#backOff.forget(key);
      if (result?.wakeMs !== undefined) this.addAfter(key, result.wakeMs);
    } catch (thrown) {
      if (this.#options.signal.aborted) return;
      onError(key, thrown);
      this.retry(key);
    } finally {
      this.#running.delete(key);
      this.#wake.resolve();
    }
  }

  /** Makes keys ready whose time has come; returns how long the next one takes. */
  #promote(): number | undefined {
    const now = this.#options.clock.now();
    let next: number | undefined;
    for (const [key, at] of this.#due) {
      if (at <= now) {
        this.#due.delete(key);
        this.#ready.add(key);
      } else if (next === undefined || at < next) next = at;
    }
    return next === undefined ? undefined : next - now;
  }

  async #pause(ms: number | undefined): Promise<void> {
    if (ms === undefined) return await this.#wake.promise;
    const stop = new AbortController();
    const sleep = this.#options.clock.sleep(ms, stop.signal).catch(() => {});
    await Promise.race([this.#wake.promise, sleep]);
    stop.abort();
  }
}
