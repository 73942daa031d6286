import type { ApiFacts } from "./api-facts.ts";
import type { Inventory } from "./inventory.ts";
import type { NodeFacts } from "./node-facts.ts";

/** Everything that a rule over all nodes can ask, by name. */
export interface ClusterFactMap {
  readonly now: Date;
  readonly inventory: Inventory;
  readonly api: ApiFacts;
  /** Every node that is checked; at least one. */
  readonly nodes: readonly NodeFacts[];
}

export type ClusterFactName = keyof ClusterFactMap;

/** What a check is about: made by a source, judged by the engine. */
export interface CheckSubject {
  readonly now: Date;
  readonly nodes: readonly NodeFacts[];
  readonly inventory?: Inventory;
  readonly api?: ApiFacts;
}
