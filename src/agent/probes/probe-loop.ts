import type { Clock } from "../../base/mod.ts";
import type { Probe } from "../api/mod.ts";
import type { ProbeOutcome } from "./outcome.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface ProbeLoopOptions {
  readonly probe: Probe;
  /** When the container started, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly attempt: () => Promise<ProbeOutcome>;
  /** A verdict: enough tries in a row agree. */
  readonly onResult: (isSuccess: boolean) => void;
  /** One try that did not succeed. */
  readonly onTrouble: (outcome: ProbeOutcome) => void;
  /** True while the probe is to pause: the startup probe has not succeeded yet. */
  readonly isPaused: () => boolean;
}

/** A failure of the probe itself is tried again at once, this often in all. */
const ATTEMPTS = 3;

/**
 * Tries a probe in its period until the signal ends it. A verdict needs as many tries in a row as
 * the probe's thresholds say.
 */
export async function probeLoop(options: ProbeLoopOptions): Promise<void> {
  const { probe, clock, signal, startedAt } = options;
  const periodMs = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  const firstAt = startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
  let row: { isSuccess: boolean; length: number } | undefined;
  try {
    await clock.sleep(Math.max(0, firstAt - clock.now()), signal);
    while (!signal.aborted) {
      if (options.isPaused()) {
        await clock.sleep(PAUSE_MS, signal);
        continue;
      }
      const outcome = await tryUntilKnown(options);
      if (signal.aborted) return;
      if (outcome.kind !== "success") options.onTrouble(outcome);
      if (outcome.kind !== "error") {
        const isSuccess = outcome.kind !== "failure";
        row = { isSuccess, length: row?.isSuccess === isSuccess ? row.length + 1 : 1 };
        if (row.length >= threshold(probe, isSuccess)) options.onResult(isSuccess);
      }
      await clock.sleep(periodMs, signal);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

/** How soon a paused probe looks whether it may begin. */
const PAUSE_MS = 100;

async function tryUntilKnown(options: ProbeLoopOptions): Promise<ProbeOutcome> {
  let outcome = await options.attempt();
  for (let tries = 1; outcome.kind === "error" && tries < ATTEMPTS; tries++) {
    outcome = await options.attempt();
  }
  return outcome;
}

function threshold(probe: Probe, isSuccess: boolean): number {
  return isSuccess ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
}
