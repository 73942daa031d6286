const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A length of time as kubectl shows an age: two units at most, the coarser the longer. */
export function humanDuration(ms: number): string {
  if (ms < -SECOND) return "<invalid>";
  if (ms < 0) return "0s";
  if (ms < 2 * MINUTE) return `${whole(ms, SECOND)}s`;
  if (ms < 10 * MINUTE) return twoUnits(ms, [MINUTE, "m"], [SECOND, "s"]);
  if (ms < 3 * HOUR) return `${whole(ms, MINUTE)}m`;
  if (ms < 8 * HOUR) return twoUnits(ms, [HOUR, "h"], [MINUTE, "m"]);
  if (ms < 2 * DAY) return `${whole(ms, HOUR)}h`;
  if (ms < 8 * DAY) return twoUnits(ms, [DAY, "d"], [HOUR, "h"]);
  if (ms < 2 * YEAR) return `${whole(ms, DAY)}d`;
  if (ms < 8 * YEAR) return twoUnits(ms, [YEAR, "y"], [DAY, "d"]);
  return `${whole(ms, YEAR)}y`;
}

type Unit = readonly [ms: number, letter: string];

function twoUnits(ms: number, [big, bigLetter]: Unit, [small, smallLetter]: Unit): string {
  const rest = whole(ms % big, small);
  return `${whole(ms, big)}${bigLetter}${rest === 0 ? "" : `${rest}${smallLetter}`}`;
}

function whole(ms: number, unit: number): number {
  return Math.floor(ms / unit);
}

/** How long ago a time was; `<unknown>` where there is none. */
export function age(time: string | undefined, now: number): string {
  if (time === undefined || time === "") return "<unknown>";
  return humanDuration(now - Date.parse(time));
}
