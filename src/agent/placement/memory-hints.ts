import { type IdSet, idSet } from "../../machine/mod.ts";
import { type Hint, type Hints, isNarrower, NO_HINTS, nodeSets } from "./hints.ts";
import {
  allocatableOn,
  breaksGroups,
  freeOn,
  type MemoryRequest,
  type MemoryTables,
} from "./memory-tables.ts";

/** A hint of memory: it always names nodes. */
export interface MemoryHint extends Hint {
  readonly nodes: IdSet;
}

/**
 * Pure: the sets of nodes that have enough memory of every kind; preferred are the smallest that
 * could ever do. `reusable` is what the pod has already on a set of nodes.
 */
export function memoryHints(
  tables: MemoryTables,
  request: MemoryRequest,
  reusable: (nodes: IdSet, type: string) => number,
): readonly MemoryHint[] {
  const all = idSet(Object.keys(tables).map(Number));
  const kinds = [...request];
  let least = all.length;
  const found: IdSet[] = [];
  for (const nodes of nodeSets(all)) {
    if (!kinds.every(([type, size]) => allocatableOn(tables, nodes, type) >= size)) continue;
    least = Math.min(least, nodes.length);
    const [first = -1] = nodes;
    const isGrouped = nodes.length === 1 && (tables[first]?.cells.length ?? 1) > 1;
    if (isGrouped || breaksGroups(tables, nodes)) continue;
    const isEnough = ([type, size]: readonly [string, number]): boolean =>
      freeOn(tables, nodes, type) + reusable(nodes, type) >= size;
    if (kinds.every(isEnough)) found.push(nodes);
  }
  return found.map((nodes) => ({ nodes, preferred: nodes.length === least }));
}

/** The same for each resource; without any set of nodes there is no preference. */
export function hintsByResource(request: MemoryRequest, hints: readonly Hint[]): Hints {
  if (hints.length === 0) return NO_HINTS;
  return new Map([...request.keys()].map((type) => [type, hints]));
}

/** The preferred one, of several the one of the fewest nodes. */
export function bestHint(hints: readonly MemoryHint[]): MemoryHint | undefined {
  return hints.reduce<MemoryHint | undefined>((best, hint) => {
    if (best === undefined) return hint;
    if (hint.preferred !== best.preferred) return hint.preferred ? hint : best;
    return isNarrower(hint.nodes, best.nodes) ? hint : best;
  }, undefined);
}
