import { TransientError } from "./transient.ts";

/** Ends an attempt in which nothing happens for too long, or that is no longer wanted. */
export class Watchdog implements Disposable {
  readonly #own = new AbortController();
  readonly #idleMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborted by silence, by the caller's signal and by dispose. */
  readonly signal: AbortSignal;

  constructor(idleMs: number, signal?: AbortSignal) {
    this.#idleMs = idleMs;
    this.signal =
      signal === undefined ? this.#own.signal : AbortSignal.any([signal, this.#own.signal]);
    this.touch();
  }

  /** Something came: the time begins again. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#own.abort(new TransientError(`nothing came for ${this.#idleMs} ms`)),
      this.#idleMs,
    );
  }

  /** Ends the connection, wherever it is. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#own.abort(new TransientError("the attempt is over"));
  }
}
