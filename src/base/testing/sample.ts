import { seededRandom } from "./seeded-random.ts";

/** True where a run tries everything: NODEWRIGHT_TEST_FULL=1, as `npm run test:full` sets it. */
export const isFullRun = process.env["NODEWRIGHT_TEST_FULL"] === "1";

/** What samples are chosen by: NODEWRIGHT_TEST_SEED, which `npm test` derives from the commit and prints. */
const SEED = Number(process.env["NODEWRIGHT_TEST_SEED"] ?? 1);

/**
 * One in `oneIn` of the items, at least one where there is any, in their order; all of them in a
 * full run. `of` names what is sampled, so that tests with as many items choose others.
 */
export function sampled<T>(items: readonly T[], oneIn: number, of: string): readonly T[] {
  if (isFullRun || oneIn <= 1) return items;
  const random = seededRandom((SEED ^ Bun.hash.crc32(of)) | 0);
  const wanted = Math.ceil(items.length / oneIn);
  const chosen = new Set<number>();
  while (chosen.size < wanted) chosen.add(random(items.length));
  return items.filter((_, index) => chosen.has(index));
}

/** How often something is done: `usual` times, `full` times in a full run. */
export function times({ usual, full }: { readonly usual: number; readonly full: number }): number {
  return isFullRun ? full : usual;
}
