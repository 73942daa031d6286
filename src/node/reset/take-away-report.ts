import { NodewrightError } from "../../base/mod.ts";
import type { ResetReport } from "../protocol/protocol.ts";

/** Collects what a removal does; in a dry run only what it would do. */
export class TakeAwayReport {
  readonly dryRun: boolean;
  readonly #removed: string[] = [];
  readonly #restored: string[] = [];
  readonly #kept: string[] = [];
  readonly #leftovers: string[] = [];

  constructor(dryRun: boolean) {
    this.dryRun = dryRun;
  }

  /** Takes something away; a failure is a leftover, and the rest goes on. */
  async removed(what: string, work: () => Promise<void>): Promise<boolean> {
    return this.#do(this.#removed, what, work);
  }

  /** Brings something back. */
  async restored(what: string, work: () => Promise<void>): Promise<boolean> {
    return this.#do(this.#restored, what, work);
  }

  /** True where it is among what was, or in a dry run would be, taken away. */
  hasRemoved(what: string): boolean {
    return this.#removed.includes(what);
  }

  kept(what: string): void {
    this.#kept.push(what);
  }

  left(what: string): void {
    if (!this.#leftovers.includes(what)) this.#leftovers.push(what);
  }

  get isClean(): boolean {
    return this.#leftovers.length === 0;
  }

  result(): ResetReport {
    return {
      removed: this.#removed,
      restored: this.#restored,
      kept: this.#kept,
      leftovers: this.#leftovers,
    };
  }

  async #do(list: string[], what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      if (!this.dryRun) await work();
      list.push(what);
      return true;
    } catch (thrown) {
      this.left(`${what}: ${NodewrightError.from(thrown, "Cannot take it away").message}`);
      return false;
    }
  }
}
