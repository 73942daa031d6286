import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { type CriClient, CriError } from "../../cri/mod.ts";
import type { PodOutline, RuntimeReader } from "./runtime-reader.ts";

export interface RuntimeWatch {
  readonly cri: CriClient;
  readonly reader: RuntimeReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Pods whose sandbox or containers have changed, unless their worker has seen that; all at first. */
  readonly onChange: (changed: readonly PodOutline[], all: ReadonlyMap<string, PodOutline>) => void;
  /** Whether the runtime answers. */
  readonly onHealth: (error: string | undefined) => void;
}

/** Without events everything is listed this often; with them only to see what they have missed. */
const RELIST_MS = { polling: 1000, withEvents: 30_000 } as const;
/** Events of one change come together. */
const SETTLE_MS = 5;

/** Notices what changes in the runtime, by its events where it has them, by listing otherwise. */
export async function watchRuntime(watch: RuntimeWatch): Promise<void> {
  const { clock, signal } = watch;
  let known: ReadonlyMap<string, PodOutline> = new Map();
  let hasEvents = false;
  let hint = new AbortController();
  const events = readEvents(watch, {
    onState: (has) => {
      hasEvents = has;
      hint.abort();
    },
    onEvent: () => hint.abort(),
  });
  while (!signal.aborted) {
    hint = new AbortController();
    try {
      const now = await watch.reader.outlines(signal);
      watch.onHealth(undefined);
      // A worker reads its pod after each step: what it has seen is no reason to look again.
      const changed = [...now.values()].filter((pod) => watch.reader.isNews(pod));
      for (const pod of known.values()) if (!now.has(pod.uid)) changed.push(pod);
      known = now;
      watch.onChange(changed, now);
    } catch (thrown) {
      if (signal.aborted) break;
      watch.onHealth(messageOf(thrown));
    }
    const pause = hasEvents ? RELIST_MS.withEvents : RELIST_MS.polling;
    await clock.sleep(pause, AbortSignal.any([signal, hint.signal])).catch(() => {});
    if (hint.signal.aborted) await clock.sleep(SETTLE_MS, signal).catch(() => {});
  }
  await events;
}

async function readEvents(
  watch: RuntimeWatch,
  on: { readonly onState: (hasEvents: boolean) => void; readonly onEvent: () => void },
): Promise<void> {
  const { cri, clock, log, signal } = watch;
  while (!signal.aborted) {
    try {
      for await (const _event of cri.runtime.getContainerEvents({}, { signal })) {
        on.onState(true);
        on.onEvent();
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof CriError && thrown.code === "UNIMPLEMENTED") {
        log.info("The runtime has no events: it is listed every second", {}, 2);
        return;
      }
    }
    on.onState(false);
    await clock.sleep(RELIST_MS.polling, signal).catch(() => {});
  }
}
