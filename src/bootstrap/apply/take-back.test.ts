import { describe, expect, test } from "bun:test";
import { takeBack } from "./take-back.ts";

/** Runs that note how many of them are being taken back at the same time. */
function runs(count: number, interruptsService: boolean) {
  const seen = { now: 0, most: 0, reasons: [] as unknown[] };
  const failed = Array.from({ length: count }, (_, i) => ({
    thrown: i,
    run: {
      interruptsService: () => interruptsService,
      fail: async (thrown: unknown) => {
        seen.most = Math.max(seen.most, ++seen.now);
        await Promise.resolve();
        seen.reasons.push(thrown);
        seen.now--;
      },
    },
  }));
  return { seen, failed };
}

describe("takeBack()", () => {
  test.each([
    { name: "nodes whose pods are disturbed", interrupts: true, back: true, most: 2 },
    { name: "nodes that ran nothing before", interrupts: false, back: true, most: 4 },
    { name: "nodes that were not changed", interrupts: true, back: false, most: 4 },
  ])("$name: at most $most at once", async ({ interrupts, back, most }) => {
    const { seen, failed } = runs(6, interrupts);
    const limit = { maxUnavailable: 2, drain: "auto" } as const;
    await takeBack(failed, { parallelism: 4, ...(back ? { back: limit } : {}) });
    expect(seen.most).toBe(most);
    expect(seen.reasons).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
