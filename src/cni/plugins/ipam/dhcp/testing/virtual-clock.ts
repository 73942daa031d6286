import type { Clock } from "../../../../../base/mod.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until `run` or `runFor` moves it to where somebody wants to wake. */
export class VirtualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Lets time pass until a promise is settled, and gives its value. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    for (await turn(); !settled; await turn()) {
      if (!this.#wakeNext(Number.POSITIVE_INFINITY)) {
        throw new Error("Everything waits, and nobody for the clock");
      }
    }
    return await promise;
  }

  /** Lets an amount of time pass. */
  async runFor(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    while (this.#wakeNext(untilMs)) await turn();
    this.#nowMs = untilMs;
  }

  /** How many wait for the clock. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  #wakeNext(untilMs: number): boolean {
    const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
    if (next === undefined || next.atMs > untilMs) return false;
    this.#sleepers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.wake();
    return true;
  }
}

/** Lets everything run that waits for nothing but its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
