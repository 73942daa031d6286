import { expect, test } from "bun:test";
import { maxPods } from "./node-status.ts";

test.each([
  { max: 110, maxPerCore: 0, want: 110 },
  { max: 110, maxPerCore: 10, want: 40 },
  { max: 30, maxPerCore: 10, want: 30 },
])("maxPods() of $max and $maxPerCore a core, with four cores, is $want", ({ want, ...pods }) => {
  expect(maxPods(pods, 4)).toBe(want);
});
