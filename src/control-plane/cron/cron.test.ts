import { describe, expect, test } from "bun:test";
import { findZone, nextTime, parseCron } from "./mod.ts";

/** The next times of a schedule, as instants in UTC. */
function times(text: string, after: string, zoneName = "UTC", count = 1): readonly string[] {
  const schedule = parseCron(text);
  const zone = findZone(zoneName);
  if (!schedule.ok || zone === undefined) throw new Error(`cannot read ${text} in ${zoneName}`);
  const found: string[] = [];
  let ms: number | undefined = Date.parse(after);
  for (let i = 0; i < count; i++) {
    ms = nextTime(schedule.value, ms, zone);
    if (ms === undefined) return [...found, "never"];
    found.push(new Date(ms).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("nextTime()", () => {
  test.each([
    ["* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01Z"],
    ["* * * * *", "2026-01-01T00:00:59.999Z", "2026-01-01T00:01Z"],
    ["*/15 * * * *", "2026-07-09T14:45:00Z", "2026-07-09T15:00Z"],
    ["20-35/15 * * * *", "2026-07-09T14:45:00Z", "2026-07-09T15:20Z"],
    ["5/20 * * * *", "2026-07-09T14:30:00Z", "2026-07-09T14:45Z"],
    ["0 0 1 1 *", "2026-12-31T23:59:45Z", "2027-01-01T00:00Z"],
    ["0 0 29 Feb ?", "2026-07-09T14:45:00Z", "2028-02-29T00:00Z"],
    ["0 0 31 * *", "2026-04-01T00:00:00Z", "2026-05-31T00:00Z"],
    ["0 0 * Feb Mon", "2026-07-09T14:45:00Z", "2027-02-01T00:00Z"],
    ["30 6-16/4 * * mon-FRI", "2026-01-02T14:30:00Z", "2026-01-05T06:30Z"],
    ["@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00Z"],
    ["@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00Z"],
    ["@midnight", "2026-01-01T00:00:00Z", "2026-01-02T00:00Z"],
    ["@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00Z"],
    ["@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00Z"],
    ["@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00Z"],
    ["@annually", "2026-01-01T00:00:00Z", "2027-01-01T00:00Z"],
    ["@every 90m", "2026-01-01T00:00:00.400Z", "2026-01-01T01:30Z"],
    ["@every 10ms", "2026-01-01T00:00:59Z", "2026-01-01T00:01Z"],
    // Unsatisfiable: no such day, no such minute, not within five years.
    ["59 23 31 2 *", "2026-01-01T00:00:00Z", "never"],
    [", * * * *", "2026-01-01T00:00:00Z", "never"],
    ["0 0 29 2 *", "2096-03-01T00:00:00Z", "never"],
  ])("%s after %s", (text, after, want) => {
    expect(times(text, after)).toEqual([want]);
  });

  // Which days: both where one is a star, either where both are restricted. January 2026 begins on
  // a Thursday.
  test.each([
    ["0 0 1,15 * Sun", ["2026-01-04", "2026-01-11", "2026-01-15"]],
    ["0 0 * * Sun", ["2026-01-04", "2026-01-11", "2026-01-18"]],
    ["0 0 1,15 * *", ["2026-01-15", "2026-02-01", "2026-02-15"]],
    // A star with a step restricts; one with the step 1 does not.
    ["0 0 */10 * Sun", ["2026-01-04", "2026-01-11", "2026-01-18"]],
    ["0 0 */1 * Sun", ["2026-01-04", "2026-01-11", "2026-01-18"]],
    ["0 0 */10 * 6", ["2026-01-03", "2026-01-10", "2026-01-11"]],
  ])("%s falls on %p", (text, want) => {
    const found = times(text, "2026-01-01T00:00:00Z", "UTC", 3);
    expect(found.map((time) => time.slice(0, 10))).toEqual([...want]);
  });

  test.each([
    ["0 9 * * *", "Asia/Seoul", "2026-01-01T00:00:00Z", ["2026-01-02T00:00Z"]],
    ["30 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", ["2026-01-01T04:00Z"]],
    // The clock goes from 02:00 to 03:00: 02:30 does not exist that day.
    ["30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", ["2026-03-09T06:30Z"]],
    ["0 * * * *", "America/New_York", "2026-03-08T06:00:00Z", ["2026-03-08T07:00Z"]],
    // It goes from 02:00 back to 01:00: 01:30 exists twice.
    [
      "30 1 * * *",
      "America/New_York",
      "2026-11-01T04:00:00Z",
      ["2026-11-01T05:30Z", "2026-11-01T06:30Z", "2026-11-02T06:30Z"],
    ],
    // Midnight does not exist: the day begins at 01:00, and a schedule for 00:30 has no time.
    [
      "30 * * * *",
      "America/Sao_Paulo",
      "2018-11-04T02:30:00Z",
      ["2018-11-04T03:30Z", "2018-11-04T04:30Z"],
    ],
    ["30 0 4 * *", "America/Sao_Paulo", "2018-11-01T00:00:00Z", ["2018-12-04T02:30Z"]],
    // The clock goes back at midnight: 23:30 exists twice, the next day once.
    [
      "30 23,0 * * *",
      "America/Sao_Paulo",
      "2018-02-18T01:00:00Z",
      ["2018-02-18T01:30Z", "2018-02-18T02:30Z", "2018-02-18T03:30Z"],
    ],
    ["0 12 * * *", "Pacific/Apia", "2011-12-29T22:00:00Z", ["2011-12-30T22:00Z"]],
  ])("%s in %s", (text, zone, after, want) => {
    expect(times(text, after, zone, want.length)).toEqual([...want]);
  });
});

test.each([
  ["", "empty spec string"],
  ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
  ["* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"],
  ["@sometimes", "unrecognized descriptor: @sometimes"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["* * * * 7", "end of range (7) above maximum (6): 7"],
  ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ["-1 * * * *", 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
  ["@every x", 'failed to parse duration @every x: time: invalid duration "x"'],
])("parseCron(%p) refuses", (text, want) => {
  expect(parseCron(text)).toEqual({ ok: false, error: want });
});

test.each([
  ["Europe/Berlin", true],
  ["Asia/Calcutta", true],
  ["Etc/UTC", true],
  ["america/new_york", false],
  ["+09:00", false],
  ["Mars/Olympus", false],
])("findZone(%p) is there: %p", (name, isThere) => {
  expect(findZone(name) !== undefined).toBe(isThere);
});
