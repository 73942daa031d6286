import { describe, expect, test } from "bun:test";
import { burstOf, isBucketOf, tokenBucketOf } from "./token-bucket.ts";

const LATENCY_MS = 25;

/** What the reference plugin 1.9.1 gave to the kernel on x86-64: bits a second and bits, then. */
const REFERENCE = [
  [8, 8, 1, 15_625_000, 1],
  [1000, 4_294_967_295, 125, 2_684_229_560, 536_870_914],
  [999_999, 12_345, 124_999, 192_875, 4667],
  [1_000_000, 4_294_967_295, 125_000, 2_684_354_435, 536_874_036],
  [2_000_000, 4_294_967_295, 250_000, 3_489_660_865, 536_877_161],
  [7_777_777, 1_111_111, 972_222, 2_232_125, 163_193],
  [8_000_000, 2_000_000, 1_000_000, 3_906_250, 275_000],
  [123_456_789, 987_654_321, 15_432_098, 125_000_000, 123_842_592],
  [1_000_000_000, 8_000_000, 125_000_000, 125_000, 4_125_000],
  [10_000_000_000, 1_000_000, 1_250_000_000, 1562, 31_375_000],
  [100_000_000_000, 80_000_000, 12_500_000_000, 12_500, 322_500_000],
] as const;

/** The same, where the bytes that may wait do not fit into 32 bits: the reference's wrap around. */
const WRAPPED = [
  [64_000, 34_359_738_359, 8000, 2_684_350_653, 198],
  [3_000_000, 34_359_738_359, 375_000, 1_789_569_618, 9373],
  [1_000_000_000_000, 34_359_738_359, 125_000_000_000, 536_859, 3_124_999_998],
] as const;

describe("tokenBucketOf()", () => {
  test.each([...REFERENCE])(
    "%i bits a second with a burst of %i are the reference's numbers",
    (rate, burst, rateBytes, bufferTicks, limitBytes) => {
      const bucket = { rateBytes, bufferTicks, limitBytes };
      expect(tokenBucketOf({ rate, burst }, LATENCY_MS)).toEqual(bucket);
      expect(isBucketOf(bucket, { rate, burst }, LATENCY_MS)).toBe(true);
    },
  );

  test.each([...WRAPPED])(
    "%i bits a second with a burst of %i let as much wait as 32 bits hold",
    (rate, burst, rateBytes, bufferTicks, limitBytes) => {
      const limit = { rate, burst };
      const ours = tokenBucketOf(limit, LATENCY_MS);
      expect(ours).toEqual({ rateBytes, bufferTicks, limitBytes: 0xffffffff });
      expect(isBucketOf(ours, limit, LATENCY_MS)).toBe(true);
      expect(isBucketOf({ rateBytes, bufferTicks, limitBytes }, limit, LATENCY_MS)).toBe(true);
    },
  );

  test("a burst whose wrapped time is next to nothing is the longest instead", () => {
    // 275 seconds and a few milliseconds: 100454 ticks more than 32 bits hold.
    const limit = { rate: 1_000_000, burst: 274_884_336 };
    expect(tokenBucketOf(limit, LATENCY_MS).bufferTicks).toBe(0xffffffff);
    const wrapped = { rateBytes: 125_000, bufferTicks: 100_454, limitBytes: 34_363_667 };
    expect(isBucketOf(wrapped, limit, LATENCY_MS)).toBe(true);
  });

  test("the latency decides how much may wait beside the burst", () => {
    const limit = { rate: 8_000_000, burst: 80_000 };
    expect(tokenBucketOf(limit, 100).limitBytes).toBe(110_000);
    expect(tokenBucketOf(limit, 1).limitBytes).toBe(11_000);
  });
});

test("isBucketOf() knows the largest burst, as arm64 has it, and nothing else", () => {
  const limit = { rate: 8_000_000, burst: 2_000_000 };
  const bucket = tokenBucketOf(limit, LATENCY_MS);
  const isIt = (other: object): boolean => isBucketOf({ ...bucket, ...other }, limit, LATENCY_MS);
  expect(isIt({ bufferTicks: 0xffffffff })).toBe(true);
  expect(isIt({ bufferTicks: bucket.bufferTicks + 1 })).toBe(false);
  expect(isIt({ rateBytes: 999_999 })).toBe(false);
  expect(isIt({ limitBytes: 275_001 })).toBe(false);
});

test("burstOf() is what the ticks let through", () => {
  expect(burstOf({ rateBytes: 1_000_000, bufferTicks: 15_625_000, limitBytes: 0 })).toBe(1_000_000);
  expect(burstOf({ rateBytes: 1_250_000_000, bufferTicks: 15, limitBytes: 0 })).toBe(1200);
});
