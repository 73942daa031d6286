import type { Clock, Logger } from "../base/mod.ts";
import type { ObjectStore } from "./storage/mod.ts";

/** A watch may resume for this long, as with the official server. */
const KEEP_MS = 300_000;

/** Forgets changes that are older than five minutes, until the signal. */
export async function compactRegularly(
  store: ObjectStore,
  {
    clock,
    signal,
    log,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  let before = store.revision;
  while (!signal.aborted) {
    await clock.sleep(KEEP_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      store.compact(before);
    } catch (thrown) {
      log.error("Cannot compact the store", { error: String(thrown) });
    }
    before = store.revision;
  }
}
