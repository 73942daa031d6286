import { type Clock, systemClock } from "../../../../../base/mod.ts";
import { bootTimeMs } from "../../../../../sys/mod.ts";

/** A timer of JavaScript has 31 bits; and after a machine's sleep it is late by as much. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * The daemon's clock: `now` counts from boot, the same for every process and whatever somebody
 * sets the time to. A sleep may last longer than timers can.
 */
export const bootClock: Clock = {
  now: bootTimeMs,
  async sleep(ms, signal) {
    const untilMs = bootTimeMs() + ms;
    for (let leftMs = ms; leftMs > 0; leftMs = untilMs - bootTimeMs()) {
      await systemClock.sleep(Math.ceil(Math.min(leftMs, LONGEST_SLEEP_MS)), signal);
    }
    signal?.throwIfAborted();
  },
};
