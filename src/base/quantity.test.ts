import { expect, test } from "bun:test";
import { formatBytes, parseQuantity } from "./quantity.ts";

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
