import { expect, test } from "bun:test";
import { compareDotted, compareNumbers } from "./mod.ts";

test("compareDotted() compares numbers, not letters", () => {
  expect(["2.34", "2.4", "2.38", "2.4.1"].sort(compareDotted)).toEqual([
    "2.4",
    "2.4.1",
    "2.34",
    "2.38",
  ]);
  expect(compareDotted("2.0", "2")).toBe(0);
});

test.each([
  [[1, 2], [1, 3], -1],
  [[1, 2], [1], 2],
  [[], [1], -1],
  [[3, 0], [3], 0],
])("compareNumbers(%p, %p) is %p", (one, other, want) => {
  expect(compareNumbers(one, other)).toBe(want);
});
