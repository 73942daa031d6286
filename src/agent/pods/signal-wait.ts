/** Something to wait for that may happen before anybody waits: a wake-up that is not lost. */
export class Wake {
  #pending = false;
  #resolve: (() => void) | undefined;

  /** Ends the wait that is going on, or the next one. */
  wake(): void {
    if (this.#resolve === undefined) this.#pending = true;
    else this.#resolve();
  }

  /** Resolves at the next wake-up, or after `ms` where that is given. */
  async wait(ms: number | undefined): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer =
        ms === undefined ? undefined : setTimeout(resolve, Math.min(ms, MAX_TIMEOUT_MS));
      this.#resolve = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#resolve = undefined;
    this.#pending = false;
  }
}

/** A timer that is set further ahead fires at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
