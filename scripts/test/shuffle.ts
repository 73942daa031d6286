import { seededRandom } from "../../src/base/testing/mod.ts";

/** The items in an order by the seed (Fisher and Yates): the same seed gives the same order. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed | 0);
  const left = [...items];
  return items.flatMap(() => left.splice(random(left.length), 1));
}
