import { expect, test } from "bun:test";
import { isFullRun, sampled, times } from "./sample.ts";

const ITEMS = Array.from({ length: 100 }, (_, index) => index);

test("sampled() chooses the same for the same name, in order, and something else for another", () => {
  const chosen = sampled(ITEMS, 10, "one");
  expect(chosen).toHaveLength(isFullRun ? 100 : 10);
  expect(sampled(ITEMS, 10, "one")).toEqual(chosen);
  expect(chosen.toSorted((a, b) => a - b)).toEqual([...chosen]);
  if (!isFullRun) expect(sampled(ITEMS, 10, "two")).not.toEqual(chosen);
});

test.each([
  { items: [], oneIn: 10, count: 0 },
  { items: [7], oneIn: 10, count: 1 },
  { items: [1, 2, 3], oneIn: 1, count: 3 },
])("sampled() of $items, one in $oneIn, has $count", ({ items, oneIn, count }) => {
  expect(sampled<number>(items, oneIn, "few")).toHaveLength(count);
});

test("times() is the usual number, and the full one in a full run", () => {
  expect(times({ usual: 2, full: 5 })).toBe(isFullRun ? 5 : 2);
});
