import { O } from "./constants.ts";
import { cString, libc, syscall } from "./libc.ts";

/** A file descriptor that is closed by `using`. */
export class Fd implements Disposable {
  #number: number;

  /** Takes ownership of an open descriptor. */
  constructor(number: number) {
    this.#number = number;
  }

  /** open(2) with ORed O flags; never inherited by children. */
  static open(path: string, flags: number = O.RDONLY, mode = 0o666): Fd {
    const name = cString(path);
    return new Fd(
      syscall("open", `Cannot open "${path}"`, () => libc().open(name, flags | O.CLOEXEC, mode)),
    );
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
    libc().close(number);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
