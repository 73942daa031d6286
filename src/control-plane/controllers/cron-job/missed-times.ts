import { type CronSchedule, nextTime, type Zone } from "../../cron/mod.ts";

export interface MissedInput {
  readonly schedule: CronSchedule;
  readonly zone: Zone;
  /** The last time that a Job was started for, or when the CronJob was made. */
  readonly sinceMs: number;
  readonly now: number;
}

/** The times of a schedule since `sinceMs`. */
export interface MissedTimes {
  /** The latest of them that is not in the future. */
  readonly latestMs?: number;
  /** A rough count: of a schedule with gaps, as if it had none. */
  readonly count: number;
}

/**
 * Which start is due, and how many are. Only the latest is made up for. Undefined for a schedule
 * without times, such as the 31st of February.
 */
export function missedTimes({
  schedule,
  zone,
  sinceMs,
  now,
}: MissedInput): MissedTimes | undefined {
  const first = nextTime(schedule, sinceMs, zone);
  const second = first === undefined ? undefined : nextTime(schedule, first, zone);
  if (first !== undefined && now < first) return { count: 0 };
  if (first === undefined || second === undefined) return undefined;
  if (now < second) return { latestMs: first, count: 1 };
  const step = second - first;
  const count = Math.floor((now - first) / step) + 1;
  // From there on by the schedule itself: the gaps between its times may differ.
  let at = nextTime(schedule, first + (count - 2) * step, zone);
  let latestMs: number | undefined;
  while (at !== undefined && at <= now) {
    latestMs = at;
    at = nextTime(schedule, at, zone);
  }
  return latestMs === undefined ? { count } : { latestMs, count };
}

/** Clocks of machines differ a little: the schedule is looked at a moment after its time. */
const DELTA_MS = 100;

/** In how many milliseconds the schedule is to be looked at again. */
export function untilNextMs(input: MissedInput): number | undefined {
  const { schedule, zone, sinceMs, now } = input;
  const missed = missedTimes(input);
  const from = missed?.count === 0 ? sinceMs : (missed?.latestMs ?? now);
  const next = nextTime(schedule, from, zone);
  return next === undefined ? undefined : Math.max(0, next - now) + DELTA_MS;
}
