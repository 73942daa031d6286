import type { Machine } from "./machine.ts";
import type { Store } from "./store/store.ts";

/** What every operation on a node works with: the machine and nodewright's memory of it. */
export interface NodeContext {
  readonly machine: Machine;
  readonly store: Store;
}
