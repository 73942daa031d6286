import { describe, expect, test } from "bun:test";
import { systemClock, WorkQueue } from "./mod.ts";

const backOff = { firstMs: 10, maxMs: 40 };

/** A clock whose sleeps end at once and move it. */
function jumpingClock() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await Bun.sleep(0);
      if (signal?.aborted) throw signal.reason;
      now += ms;
    },
  };
}

describe("WorkQueue", () => {
  test("works once on a key that is added twice, and again on one added during its work", async () => {
    const stop = new AbortController();
    const queue = new WorkQueue({ clock: systemClock, signal: stop.signal, backOff });
    const seen: string[] = [];
    let atOnce = 0;
    queue.add("a");
    queue.add("a");
    queue.add("b");
    const work = async (key: string): Promise<undefined> => {
      expect(++atOnce).toBeLessThanOrEqual(2);
      if (key === "a") expect(seen.filter((one) => one === "a+").length).toBe(0);
      seen.push(`${key}+`);
      if (seen.length === 1) queue.add("a");
      await Bun.sleep(1);
      seen.splice(seen.indexOf(`${key}+`), 1, `${key}.`);
      atOnce--;
      if (seen.filter((one) => one.endsWith(".")).length === 3) stop.abort();
    };
    await queue.run(2, work, (_, thrown) => {
      throw thrown;
    });
    expect(seen.sort()).toEqual(["a.", "a.", "b."]);
  });

  test("never works on more keys at once than the limit", async () => {
    const stop = new AbortController();
    const queue = new WorkQueue({ clock: systemClock, signal: stop.signal, backOff });
    let [atOnce, most, done] = [0, 0, 0];
    for (let i = 0; i < 10; i++) queue.add(`key-${i}`);
    await queue.run(
      3,
      async () => {
        most = Math.max(most, ++atOnce);
        await Bun.sleep(1);
        atOnce--;
        if (++done === 10) stop.abort();
        return undefined;
      },
      () => {},
    );
    expect(most).toBe(3);
  });

  test("tries again with doubling delays and jitter, which success resets", async () => {
    const stop = new AbortController();
    const clock = jumpingClock();
    const queue = new WorkQueue({ clock, signal: stop.signal, backOff, random: () => 0.5 });
    const times: number[] = [];
    const errors: unknown[] = [];
    queue.add("a");
    await queue.run(
      1,
      async () => {
        times.push(clock.now());
        if (times.length === 6) stop.abort();
        if (times.length < 5) throw new Error("no");
        return { wakeMs: 100 };
      },
      (key, thrown) => errors.push(`${key} ${thrown}`),
    );
    const gaps = times.slice(1).map((at, i) => Math.round((at - (times[i] ?? 0)) * 10) / 10);
    expect(gaps).toEqual([10.5, 21, 42, 42, 100]);
    expect(errors).toHaveLength(4);
  });

  test("an earlier deadline wins over a later one", async () => {
    const stop = new AbortController();
    const clock = jumpingClock();
    const queue = new WorkQueue({ clock, signal: stop.signal, backOff });
    queue.addAfter("a", 50);
    queue.addAfter("a", 20);
    queue.addAfter("a", 70);
    const times: number[] = [];
    await queue.run(
      1,
      async () => {
        times.push(clock.now());
        stop.abort();
        return undefined;
      },
      () => {},
    );
    expect(times).toEqual([20]);
  });
});
