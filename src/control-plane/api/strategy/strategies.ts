import type { ResourceKind } from "../../resources/mod.ts";
import type { Strategy } from "./strategy.ts";

const STRATEGIES: Readonly<Record<string, Strategy>> = {};

/** What a kind does besides what every kind does. */
export function strategyOf(kind: ResourceKind): Strategy {
  return STRATEGIES[kind.storedAs] ?? {};
}
