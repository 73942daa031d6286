/** The clock on the wall of a place. */
export interface Wall {
  readonly year: number;
  /** January is 1. */
  readonly month: number;
  readonly day: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  /** Whole minutes that the wall is ahead of UTC. */
  readonly offsetMinutes: number;
}

/** A time zone. */
export interface Zone {
  readonly name: string;
  /** What the wall shows at an instant (milliseconds since the epoch). */
  wall(ms: number): Wall;
}

const MINUTE_MS = 60_000;

/** The zone of this IANA name; undefined where there is none. Names are told apart by case. */
export function findZone(name: string): Zone | undefined {
  if (name === "" || name === "UTC") return zoneOf("UTC");
  // Offsets such as +09:00 are known to JavaScript and no names of zones.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    const known = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
    const isOtherCase = known !== name && known.toLowerCase() === name.toLowerCase();
    return isOtherCase ? undefined : zoneOf(name);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** The zone of the machine that this runs on. */
export function systemZone(): Zone {
  return zoneOf(new Intl.DateTimeFormat("en-US").resolvedOptions().timeZone);
}

function zoneOf(name: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    ...{ calendar: "gregory", numberingSystem: "latn", hourCycle: "h23" },
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" },
  });
  const wall = (ms: number): Wall => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const [year, month, day] = [at("year"), at("month"), at("day")];
    const shown = Date.UTC(year, month - 1, day, at("hour"), at("minute"));
    const offsetMinutes = Math.round((shown - Math.floor(ms / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
    const weekday = new Date(shown).getUTCDay();
    return { year, month, day, weekday, hour: at("hour"), minute: at("minute"), offsetMinutes };
  };
  return { name, wall };
}
