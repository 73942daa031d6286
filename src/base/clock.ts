/** Time as a dependency, so that waits can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

/** Asks `probe` until it gives a value or `timeoutMs` is over (then undefined). */
export async function pollUntil<T>(
  clock: Clock,
  options: { timeoutMs: number; intervalMs: number; signal?: AbortSignal },
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = clock.now() + options.timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (clock.now() + options.intervalMs > deadline) return undefined;
    await clock.sleep(options.intervalMs, options.signal);
  }
}
