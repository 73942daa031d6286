import type { IdSet } from "../../machine/mod.ts";
import { combinations } from "./take-cpus.ts";

/** NUMA nodes from which a request can be met; undefined for any. */
export interface Hint {
  readonly nodes: IdSet | undefined;
  /** True where no fewer nodes could meet it. */
  readonly preferred: boolean;
}

/** By resource. None at all: no preference. An empty list: the request cannot be met. */
export type Hints = ReadonlyMap<string, readonly Hint[]>;

export const NO_HINTS: Hints = new Map();
export const ANY_NODE: Hint = { nodes: undefined, preferred: true };

/** Every set of nodes, the smaller ones first. */
export function* nodeSets(nodes: IdSet): Generator<IdSet> {
  for (let size = 1; size <= nodes.length; size++) yield* combinations(nodes, size);
}

/** True for the set with fewer nodes; of equal ones that with the lower numbers. */
export function isNarrower(a: IdSet, b: IdSet): boolean {
  return a.length === b.length ? isLower(a, b) : a.length < b.length;
}

/** Of two sets of one size: the order of their bit masks. */
export function isLower(a: IdSet, b: IdSet): boolean {
  for (let at = a.length - 1; at >= 0; at--) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
