import { expect, test } from "bun:test";
import { parseDurationNs } from "./duration.ts";

test.each([
  ["0", 0n],
  ["1h30m", 5400n * 10n ** 9n],
  ["1.5s", 1_500_000_000n],
  ["100ns", 100n],
  ["-2ms", -2_000_000n],
  ["2562047h47m16.854775807s", 2n ** 63n - 1n],
  ["2562047h47m16.854775808s", undefined],
  ["15", undefined],
  ["", undefined],
  ["1d", undefined],
  ["1h 30m", undefined],
])("parseDurationNs(%p) is %p", (text, value) => {
  expect(parseDurationNs(text)).toBe(value);
});
