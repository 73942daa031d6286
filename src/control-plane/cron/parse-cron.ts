import { err, ok, type Result } from "../../base/mod.ts";
import { parseDurationMs } from "../../config/mod.ts";

/** What a field of a schedule allows. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** Written as `*` or `?` without a step above 1. */
  readonly isStar: boolean;
}

/** A schedule: fields of the wall clock, or a fixed delay. */
export type CronSchedule =
  | {
      readonly kind: "calendar";
      readonly minute: CronField;
      readonly hour: CronField;
      readonly dayOfMonth: CronField;
      readonly month: CronField;
      /** Sunday is 0. */
      readonly dayOfWeek: CronField;
    }
  | { readonly kind: "every"; readonly delayMs: number };

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Words for the numbers from `min` on. */
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** In the order of a schedule's text. */
const BOUNDS = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: MONTHS },
  dayOfWeek: { min: 0, max: 6, names: WEEKDAYS },
} as const satisfies Readonly<Record<string, Bounds>>;

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);
const EVERY = "@every ";
const SECOND_MS = 1000;

/**
 * Reads a schedule: five fields, or a descriptor such as `@hourly` or `@every 90m`. The error is in
 * upstream's words.
 */
export function parseCron(text: string): Result<CronSchedule, string> {
  if (text === "") return err("empty spec string");
  if (text.startsWith(EVERY)) return parseEvery(text);
  const spec = text.startsWith("@") ? DESCRIPTORS.get(text) : text;
  if (spec === undefined) return err(`unrecognized descriptor: ${text}`);
  const words = spec.split(/\s+/).filter((word) => word !== "");
  if (words.length !== 5) {
    return err(`expected exactly 5 fields, found ${words.length}: [${words.join(" ")}]`);
  }
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = words;
  const texts = { minute, hour, dayOfMonth, month, dayOfWeek };
  const fields = {} as Record<keyof typeof BOUNDS, CronField>; // cast: every key is set below
  for (const key of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]) {
    const field = parseField(texts[key], BOUNDS[key]);
    if (!field.ok) return field;
    fields[key] = field.value;
  }
  return ok({ kind: "calendar", ...fields });
}

/** Upstream cuts a delay to whole seconds, one at least. */
function parseEvery(text: string): Result<CronSchedule, string> {
  const duration = text.slice(EVERY.length);
  const ms = parseDurationMs(duration);
  if (ms === undefined) {
    const why = `time: invalid duration ${JSON.stringify(duration)}`;
    return err(`failed to parse duration ${text}: ${why}`);
  }
  const delayMs = Math.max(SECOND_MS, Math.floor(ms / SECOND_MS) * SECOND_MS);
  return ok({ kind: "every", delayMs });
}

function parseField(text: string, bounds: Bounds): Result<CronField, string> {
  const values = new Set<number>();
  let isStar = false;
  for (const part of text.split(",")) {
    if (part === "") continue;
    const range = parseRange(part, bounds);
    if (!range.ok) return range;
    for (const value of range.value.values) values.add(value);
    isStar ||= range.value.isStar;
  }
  return ok({ values, isStar });
}

/** `*`, `5`, `1-5`, each with a step such as `/2`; `5/2` goes on to the end. */
function parseRange(text: string, bounds: Bounds): Result<CronField, string> {
  const [range = "", step = "1", ...moreSteps] = text.split("/");
  if (moreSteps.length > 0) return err(`too many slashes: ${text}`);
  const ends = parseEnds(range, text, bounds);
  if (!ends.ok) return ends;
  const by = parseNumber(step);
  if (!by.ok) return by;
  const { start, isStar } = ends.value;
  const isOpen = text.includes("/") && !range.includes("-");
  const end = isOpen ? bounds.max : ends.value.end;
  if (start < bounds.min) {
    return err(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  }
  if (end > bounds.max) {
    return err(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  }
  if (start > end) {
    return err(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  }
  if (by.value === 0) return err(`step of range should be a positive number: ${text}`);
  const values = new Set<number>();
  for (let value = start; value <= end; value += by.value) values.add(value);
  return ok({ values, isStar: isStar && by.value === 1 });
}

interface Ends {
  readonly start: number;
  readonly end: number;
  readonly isStar: boolean;
}

function parseEnds(range: string, text: string, bounds: Bounds): Result<Ends, string> {
  const [low = "", high, ...more] = range.split("-");
  if (low === "*" || low === "?") {
    return ok({ start: bounds.min, end: bounds.max, isStar: true });
  }
  const start = parseNumberOrName(low, bounds);
  if (!start.ok) return start;
  if (more.length > 0) return err(`too many hyphens: ${text}`);
  const end = high === undefined ? start : parseNumberOrName(high, bounds);
  return end.ok ? ok({ start: start.value, end: end.value, isStar: false }) : end;
}

function parseNumberOrName(text: string, { min, names = [] }: Bounds): Result<number, string> {
  const at = names.indexOf(text.toLowerCase());
  return at === -1 ? parseNumber(text) : ok(at + min);
}

function parseNumber(text: string): Result<number, string> {
  if (/^[+-]?\d{1,18}$/.test(text)) {
    const value = Number(text);
    if (value >= 0) return ok(value);
    return err(`negative number (${value}) not allowed: ${text}`);
  }
  const why = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return err(`failed to parse int from ${text}: ${why}`);
}
