import { type IdSet, intersection, sameIds } from "../../machine/mod.ts";
import { ANY_NODE, type Hint, type Hints, isLower, isNarrower } from "./hints.ts";

/** Policies of the topology manager that look at hints. */
export type AlignmentPolicy = "best-effort" | "restricted" | "single-numa-node";

export interface MergeOptions {
  readonly policy: AlignmentPolicy;
  /** All NUMA nodes. */
  readonly nodes: IdSet;
  /** Set where of equally many nodes the closest are preferred: distances by node, then by node. */
  readonly distances?: ReadonlyMap<number, readonly number[]>;
}

/** Pure: the nodes that suit all resources best, and whether the policy lets the pod in with them. */
export function mergeHints(
  providers: readonly Hints[],
  options: MergeOptions,
): { readonly hint: Hint; readonly admits: boolean } {
  const isSingle = options.policy === "single-numa-node";
  const lists = providers.flatMap(listsOf).map((one) => (isSingle ? one.filter(isOneNode) : one));
  const merger = new Merger(options, widestNeed(lists));
  for (const choice of choices(lists)) merger.consider(choice);
  let hint: Hint = merger.best ?? { nodes: options.nodes, preferred: false };
  if (isSingle && hint.nodes !== undefined && sameIds(hint.nodes, options.nodes)) {
    hint = { nodes: undefined, preferred: hint.preferred };
  }
  return { hint, admits: options.policy === "best-effort" || hint.preferred };
}

/** A provider's hints for each of its resources; one that does not care takes any node. */
function listsOf(hints: Hints): readonly (readonly Hint[])[] {
  if (hints.size === 0) return [[ANY_NODE]];
  return [...hints.values()].map((list) =>
    list.length === 0 ? [{ nodes: undefined, preferred: false }] : list,
  );
}

function isOneNode({ nodes, preferred }: Hint): boolean {
  return preferred && (nodes === undefined || nodes.length === 1);
}

/** How many nodes the resource needs that needs the most. */
function widestNeed(lists: readonly (readonly Hint[])[]): number {
  const least = lists.map((hints) =>
    Math.min(...hints.flatMap(({ nodes }) => (nodes === undefined ? [] : [nodes.length]))),
  );
  return Math.max(0, ...least.filter(Number.isFinite));
}

/** One hint of each list, in every combination. */
function* choices(lists: readonly (readonly Hint[])[]): Generator<readonly Hint[]> {
  const [first, ...rest] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const hint of first) for (const others of choices(rest)) yield [hint, ...others];
}

/** A merged hint: it always names nodes. */
interface Merged {
  readonly nodes: IdSet;
  readonly preferred: boolean;
}

class Merger {
  readonly #options: MergeOptions;
  readonly #need: number;
  best: Merged | undefined;

  constructor(options: MergeOptions, need: number) {
    this.#options = options;
    this.#need = need;
  }

  consider(choice: readonly Hint[]): void {
    const sets = choice.flatMap(({ nodes }) => (nodes === undefined ? [] : [nodes]));
    const [first] = sets;
    const areSame = first === undefined || sets.every((one) => sameIds(one, first));
    const nodes = sets.reduce(intersection, this.#options.nodes);
    if (nodes.length === 0) return;
    const merged = { nodes, preferred: areSame && choice.every(({ preferred }) => preferred) };
    if (this.best === undefined || this.#isBetter(merged, this.best)) this.best = merged;
  }

  #isBetter(candidate: Merged, current: Merged): boolean {
    if (candidate.preferred !== current.preferred) return candidate.preferred;
    if (candidate.preferred) return this.#fitsBetter(candidate.nodes, current.nodes);
    const [size, own] = [candidate.nodes.length, current.nodes.length];
    // Neither is preferred: as near as possible to what the neediest resource needs.
    if (own > this.#need) return this.#fitsBetter(candidate.nodes, current.nodes);
    if (size > this.#need) return false;
    if (size !== own) return size > own;
    return this.#fitsBetter(candidate.nodes, current.nodes);
  }

  #fitsBetter(candidate: IdSet, current: IdSet): boolean {
    const { policy, distances } = this.#options;
    if (sameIds(candidate, current)) return false;
    const isByDistance = policy !== "single-numa-node" && distances !== undefined;
    if (!isByDistance || candidate.length !== current.length) return isNarrower(candidate, current);
    const [its, own] = [meanDistance(candidate, distances), meanDistance(current, distances)];
    return its === own ? isLower(candidate, current) : its < own;
  }
}

function meanDistance(nodes: IdSet, distances: ReadonlyMap<number, readonly number[]>): number {
  const all = nodes.flatMap((from) => nodes.map((to) => distances.get(from)?.[to] ?? 0));
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}
