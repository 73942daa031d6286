import { type Clock, type Logger, messageOf } from "../base/mod.ts";
import { textAt } from "./objects/mod.ts";
import type { ObjectStore, StoredObject } from "./storage/mod.ts";

/** A watch may resume for this long, as with the official server. */
const KEEP_MS = 300_000;
/** Events are forgotten this long after they were last seen (the official --event-ttl). */
const EVENT_MS = 3_600_000;

interface UpkeepDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Forgets old changes and old events every five minutes, until the signal. */
export async function upkeepStore(
  store: ObjectStore,
  { clock, signal, log }: UpkeepDeps,
): Promise<void> {
  let before = store.revision;
  while (!signal.aborted) {
    await clock.sleep(KEEP_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      store.compact(before);
      for (const event of expiredEvents(store.list("events"), clock.now())) {
        store.delete(event, event.revision);
      }
    } catch (thrown) {
      log.error("Cannot clean the store up", { error: messageOf(thrown) });
    }
    before = store.revision;
  }
}

/** The events that nobody has repeated for an hour. */
export function expiredEvents(
  events: readonly StoredObject[],
  now: number,
): readonly StoredObject[] {
  return events.filter(({ object }) => {
    const times = [
      object.metadata.creationTimestamp ?? "",
      textAt(object, "lastTimestamp"),
      textAt(object, "series", "lastObservedTime"),
    ];
    const last = Math.max(...times.filter((time) => time !== "").map(Date.parse));
    return last + EVENT_MS < now;
  });
}
