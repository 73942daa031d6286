import { describe, expect, test } from "bun:test";
import type { Probe } from "../api/mod.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { probeLoop } from "./probe-loop.ts";

const SHORT = { s: "success", f: "failure", e: "error", w: "warning" } as const;

/** Runs a probe whose tries end as the letters say; time passes only by sleeping. */
async function run(letters: string, probe: Probe, more: { paused?: number } = {}) {
  const controller = new AbortController();
  const log: string[] = [];
  let now = 0;
  let at = 0;
  let paused = more.paused ?? 0;
  await probeLoop({
    probe,
    startedAt: 0,
    signal: controller.signal,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    isPaused: () => paused-- > 0,
    attempt: async (): Promise<ProbeOutcome> => {
      const letter = letters[at++] as keyof typeof SHORT;
      log.push(`${now / 1000}s ${letter}`);
      if (at === letters.length) queueMicrotask(() => controller.abort());
      return { kind: SHORT[letter], output: "" };
    },
    onResult: (isSuccess) => log.push(isSuccess ? "good" : "bad"),
    onTrouble: () => {},
  });
  return log;
}

describe("probeLoop()", () => {
  test("tries after the initial delay, then in its period", async () => {
    expect(await run("sss", { initialDelaySeconds: 5, periodSeconds: 2 })).toEqual([
      ...["5s s", "good", "7s s", "good", "9s s"],
    ]);
  });

  test("needs as many failures in a row as the threshold says", async () => {
    expect(await run("ffsfffs", { periodSeconds: 1, failureThreshold: 3 })).toEqual([
      ...["0s f", "1s f", "2s s", "good", "3s f", "4s f", "5s f", "bad", "6s s"],
    ]);
  });

  test("needs as many successes in a row, too", async () => {
    const probe = { periodSeconds: 1, successThreshold: 2 };
    expect(await run("sfsss", probe)).toEqual(["0s s", "1s f", "2s s", "3s s", "good", "4s s"]);
  });

  test("tries an error again at once, three times in all, and learns nothing from it", async () => {
    expect(await run("eeees", { periodSeconds: 1 })).toEqual([
      "0s e",
      "0s e",
      "0s e",
      "1s e",
      "1s s",
    ]);
  });

  test("takes a warning for a success, and waits while it is paused", async () => {
    expect(await run("ws", { periodSeconds: 1 }, { paused: 3 })).toEqual([
      "0.3s w",
      "good",
      "1.3s s",
    ]);
  });
});
