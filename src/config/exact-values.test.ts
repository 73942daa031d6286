import { expect, test } from "bun:test";
import { parseDurationNs, parseQuantityNano } from "./exact-values.ts";

test.each([
  ["0", 0n],
  ["100Mi", 104857600n * 10n ** 9n],
  ["0.1", 100_000_000n],
  ["1.5Gi", 1610612736n * 10n ** 9n],
  ["250m", 250_000_000n],
  ["1n", 1n],
  ["0.1n", 1n],
  ["1e3", 1000n * 10n ** 9n],
  ["1E", 10n ** 27n],
  [".5", 500_000_000n],
  ["9007199254740993", 9007199254740993n * 10n ** 9n],
  ["-1k", -1000n * 10n ** 9n],
  ["", undefined],
  [".", undefined],
  ["1 Gi", undefined],
  ["1gi", undefined],
])("parseQuantityNano(%p) is %p", (text, value) => {
  expect(parseQuantityNano(text)).toBe(value);
});

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
