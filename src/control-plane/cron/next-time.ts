import type { CronSchedule } from "./parse-cron.ts";
import type { Wall, Zone } from "./zone.ts";

type Calendar = CronSchedule & { readonly kind: "calendar" };

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Further away than this nothing is looked for. */
const YEARS = 5;

/**
 * The first time of a schedule after an instant, in milliseconds since the epoch; undefined where
 * there is none within five years, such as for the 31st of February. An hour that a change of the
 * clock leaves out has no times; one that it repeats has them twice.
 */
export function nextTime(schedule: CronSchedule, afterMs: number, zone: Zone): number | undefined {
  if (schedule.kind === "every") {
    return Math.floor(afterMs / SECOND_MS) * SECOND_MS + schedule.delayMs;
  }
  const { minute, hour, dayOfMonth, month, dayOfWeek } = schedule;
  // A field such as "," allows nothing.
  const isEmpty = [minute, hour, month].some(({ values }) => values.size === 0);
  if (isEmpty || dayOfMonth.values.size + dayOfWeek.values.size === 0) return undefined;
  let ms = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  const lastYear = zone.wall(ms).year + YEARS;
  for (;;) {
    const wall = zone.wall(ms);
    if (wall.year > lastYear) return undefined;
    if (!month.values.has(wall.month)) {
      ms = firstOf(wall.year, wall.month + 1, 1, { zone, after: ms });
    } else if (!isDay(schedule, wall)) {
      ms = firstOf(wall.year, wall.month, wall.day + 1, { zone, after: ms });
    } else if (!hour.values.has(wall.hour)) {
      ms += (HOUR_MINUTES - wall.minute) * MINUTE_MS;
    } else if (!minute.values.has(wall.minute)) {
      ms += MINUTE_MS;
    } else return ms;
  }
}

/** Where both days are restricted, one of them is enough. */
function isDay({ dayOfMonth, dayOfWeek }: Calendar, { day, weekday }: Wall): boolean {
  const isMonthDay = dayOfMonth.values.has(day);
  const isWeekday = dayOfWeek.values.has(weekday);
  return dayOfMonth.isStar || dayOfWeek.isStar ? isMonthDay && isWeekday : isMonthDay || isWeekday;
}

/** The first instant of a day that comes after `after`; days and months may run over. */
function firstOf(
  year: number,
  month: number,
  day: number,
  { zone, after }: { readonly zone: Zone; readonly after: number },
): number {
  const midnight = Date.UTC(year, month - 1, day);
  const isReached = (ms: number): boolean => {
    const wall = zone.wall(ms);
    return Date.UTC(wall.year, wall.month - 1, wall.day) >= midnight;
  };
  // The day begins by the offset of the day before or of the day after.
  const candidates = [midnight - DAY_MS, midnight + DAY_MS]
    .map((near) => midnight - zone.wall(near).offsetMinutes * MINUTE_MS)
    .filter((ms) => ms > after && isReached(ms));
  return candidates.length === 0 ? after + MINUTE_MS : Math.min(...candidates);
}
