import type { DataType, Value } from "./data-type.ts";
import type { Verdict } from "./expression.ts";
import type { SetRef } from "./refs.ts";

/** A set of keys; with `data` a map. */
export interface NftSet extends SetRef {
  /** The fields of a key. */
  readonly key: readonly DataType[];
  readonly data?: "verdict" | readonly DataType[];
  /** Elements are ranges: `keyEnd` is the last of each. */
  readonly isInterval?: boolean;
  /** Elements that are added go after this time; 0: only those that say so themselves. */
  readonly timeoutMs?: number;
  /** Rules add elements (`update @set`). */
  readonly isDynamic?: boolean;
  readonly comment?: string;
}

export interface Element {
  readonly key: readonly Value[];
  /** Of a set of intervals: the last key of the range, itself in it. */
  readonly keyEnd?: readonly Value[];
  readonly data?: Verdict | readonly Value[];
  readonly timeoutMs?: number;
  readonly comment?: string;
}

/** A set or map without a name that belongs to one rule, and goes with it: `{ 10.0.0.1, 10.0.0.2 }`. */
export interface AnonymousSet extends Pick<NftSet, "key" | "data" | "isInterval"> {
  readonly elements: readonly Element[];
}
