import { closeSync, openSync } from "node:fs";
import { SyscallError } from "./syscall-error.ts";

/** A file descriptor that is closed by `using`. */
export class Fd implements Disposable {
  #number: number;

  /** Takes ownership of an open descriptor. */
  constructor(number: number) {
    this.#number = number;
  }

  /** open(2); never inherited by children. `flags` as of node:fs (`"r"`, or O_ constants). */
  static open(path: string, flags: string | number, mode?: number): Fd {
    try {
      return new Fd(openSync(path, flags, mode));
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot open "${path}"`);
    }
  }

  /** The descriptor's number; throws TypeError once it is closed. */
  get number(): number {
    if (this.#number < 0) throw new TypeError("The file descriptor is closed");
    return this.#number;
  }

  /** Gives the descriptor to somebody else, who closes it; this counts as closed. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  /** Closes it; a second time does nothing. */
  close(): void {
    if (this.#number < 0) return;
    const number = this.#number;
    this.#number = -1;
    // Linux frees the number even where close(2) reports an error, so there is nothing to repeat.
    try {
      closeSync(number);
    } catch {}
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
