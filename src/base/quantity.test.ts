import { expect, test } from "bun:test";
import {
  formatBytes,
  formatQuantity,
  parseQuantity,
  parseQuantityMilli,
  parseQuantityNano,
  readQuantity,
} from "./quantity.ts";

test.each([
  ["100Mi", 104_857_600],
  ["1Gi", 1_073_741_824],
  ["500m", 0.5],
  ["2", 2],
  ["1e3", 1000],
  ["1k", 1000],
  ["1.5Gi", 1_610_612_736],
  ["10%", undefined],
  ["Mi", undefined],
  ["1 Gi", undefined],
])("parseQuantity(%p) gives %p", (text, want) => {
  expect(parseQuantity(text)).toBe(want);
});

test("formatBytes() takes the largest unit that leaves a number above one", () => {
  expect([0, 512, 1536, 8 * 2 ** 30].map(formatBytes)).toEqual([
    "0 B",
    "512 B",
    "1.5 KiB",
    "8 GiB",
  ]);
});

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
  ["1.1", 1100],
  ["0.1", 100],
  ["100m", 100],
  ["1u", 1],
  ["1.0001", 1001],
  ["x", undefined],
])("parseQuantityMilli(%p) gives %p", (text, want) => {
  expect(parseQuantityMilli(text)).toBe(want);
});

test.each([
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["2000", "2k"],
  ["1.5", "1500m"],
  ["0.1", "100m"],
  ["1Gi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["1024Ki", "1Mi"],
  ["1023Ki", "1023Ki"],
  ["0.5Ki", "512"],
  ["100M", "100M"],
  ["1e3", "1e3"],
  ["12e2", "1200"],
  ["1E", "1E"],
  ["1n", "1n"],
  ["0", "0"],
  ["-2Gi", "-2Gi"],
])("formatQuantity() writes %p as %p", (text, want) => {
  const quantity = readQuantity(text);
  expect(quantity === undefined ? undefined : formatQuantity(quantity)).toBe(want);
});
