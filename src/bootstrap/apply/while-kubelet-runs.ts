import { type Clock, NodewrightError } from "../../base/mod.ts";
import type { NodeSession } from "./session.ts";

const KUBELET = "kubelet.service";
/** systemd waits at least as long before it starts a unit again, so that no end is missed. */
const INTERVAL_MS = 1_000;

/**
 * Waits for `work` as long as the kubelet runs; aborts it and rejects where the kubelet ends. A
 * kubelet answers on its health port before it has begun with what may still make it give up.
 */
export async function whileKubeletRuns(
  session: NodeSession,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ending = new AbortController();
  const working = work(ending.signal).finally(() => ending.abort());
  const watching = watch(session, clock, ending.signal);
  try {
    await Promise.race([working, watching]);
  } finally {
    ending.abort();
    // Whichever has lost ends by the signal; its session must be free before it is used again.
    await Promise.allSettled([working, watching]);
  }
}

/** Never resolves before the signal; rejects where the kubelet has ended. */
async function watch(session: NodeSession, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const { activeState, subState } = await session.request("unit", { unit: KUBELET });
    if (activeState !== "failed" && subState !== "auto-restart") continue;
    throw new NodewrightError("unit-failed", `Cannot keep ${KUBELET} running: it has ended`, {
      fix: `Fix what the journal says of ${KUBELET} and run apply again`,
    });
  }
}
