import { NodewrightError } from "../../base/mod.ts";

/** Why the store has not done what was asked. */
export type StoreErrorKind =
  /** There is an object of that name already. */
  | "exists"
  | "missing"
  /** The object has changed since the given revision. */
  | "changed"
  /** The changes after the given revision are no longer kept. */
  | "compacted"
  /** The given revision is not there yet. */
  | "future"
  /** The disk refused; nothing has changed. */
  | "disk";

/** What the store rejects with. */
export class StoreError extends NodewrightError {
  readonly why: StoreErrorKind;
  constructor(why: StoreErrorKind, message: string, cause?: unknown) {
    super("store", message, cause === undefined ? {} : { cause });
    this.name = "StoreError";
    this.why = why;
  }
}
