import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Clock } from "../../base/mod.ts";
import { parseLogLine, type ReadLogsOptions, readLogs } from "./mod.ts";

const T = "2026-11-23T10:00:00.000000000Z";

describe("parseLogLine()", () => {
  test.each([
    {
      line: `${T} stdout F hello world`,
      want: { stream: "stdout", isComplete: true, text: "hello world" },
    },
    { line: `${T} stderr P part`, want: { stream: "stderr", isComplete: false, text: "part" } },
    { line: `${T} stdout F `, want: { stream: "stdout", isComplete: true, text: "" } },
    { line: `${T} stdout F`, want: { stream: "stdout", isComplete: true, text: "" } },
    {
      line: `${T} stdout F:x tagged`,
      want: { stream: "stdout", isComplete: true, text: "tagged" },
    },
    { line: `${T} stdin F x`, want: undefined },
    { line: `${T} stdout X x`, want: undefined },
    { line: "just text", want: undefined },
    { line: "", want: undefined },
  ])("$line", ({ line, want }) => {
    const parsed = parseLogLine(line);
    if (want === undefined) expect(parsed).toBeUndefined();
    else expect(parsed).toMatchObject({ timestamp: T, ...want } as object);
  });
});

describe("readLogs()", () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "nodewright-logs-"));
    path = join(dir, "0.log");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const line = (text: string, second = 0): string =>
    `2026-11-23T10:00:${String(second).padStart(2, "0")}Z stdout F ${text}\n`;

  /** Time passes only through what happens at each wait. */
  const clockOf = (...happenings: (() => void)[]): Clock => ({
    now: () => 0,
    sleep: async () => happenings.shift()?.(),
  });

  async function texts(options: Partial<ReadLogsOptions> = {}): Promise<string[]> {
    const found: string[] = [];
    for await (const each of readLogs(path, { clock: clockOf(), ...options }))
      found.push(each.text);
    return found;
  }

  test.each<{ name: string; tail: number | undefined; want: string[] }>([
    {
      name: "everything, oldest file first",
      tail: undefined,
      want: ["a", "b", "c", "d", "e", "f"],
    },
    { name: "the last lines of the file itself", tail: 2, want: ["e", "f"] },
    {
      name: "as many lines of the older files as are missing",
      tail: 4,
      want: ["c", "d", "e", "f"],
    },
    { name: "no line", tail: 0, want: [] },
    { name: "no more than there are", tail: 99, want: ["a", "b", "c", "d", "e", "f"] },
  ])("gives $name", async ({ tail, want }) => {
    writeFileSync(`${path}.20261123-090000.gz`, gzipSync(line("a") + line("b")));
    writeFileSync(`${path}.20261123-093000`, line("c"));
    writeFileSync(`${path}.20261123-093000.tmp`, line("not this"));
    writeFileSync(path, line("d") + line("e") + line("f"));
    expect(await texts(tail === undefined ? {} : { tail })).toEqual(want);
  });

  test("finds the tail of a file larger than one block", async () => {
    writeFileSync(path, Array.from({ length: 20_000 }, (_, i) => line(`${i}`)).join(""));
    expect(await texts({ tail: 3 })).toEqual(["19997", "19998", "19999"]);
    expect(await texts({ tail: 15_000 })).toHaveLength(15_000);
  });

  test("leaves out what is older than asked for, and what is no log line", async () => {
    writeFileSync(path, `${line("old", 1)}garbage\n${line("new", 5)}unfinished`);
    expect(await texts({ sinceMs: Date.parse("2026-11-23T10:00:03Z") })).toEqual(["new"]);
  });

  test("an absent file is an empty log", async () => {
    expect(await texts()).toEqual([]);
  });

  test("follows what is appended, also a line in two pieces, until the container ends", async () => {
    writeFileSync(path, line("one"));
    const whole = line("two");
    let live = true;
    const clock = clockOf(
      () => appendFileSync(path, whole.slice(0, 30)),
      () => appendFileSync(path, whole.slice(30)),
      () => {
        appendFileSync(path, line("last words"));
        live = false;
      },
    );
    expect(await texts({ follow: true, clock, isLive: async () => live })).toEqual([
      "one",
      "two",
      "last words",
    ]);
  });

  test("follows into the file that takes the log's place", async () => {
    writeFileSync(path, line("one"));
    let live = true;
    const rotated = `${path}.20261123-101010`;
    const clock = clockOf(
      // The kubelet renames; the runtime still writes to the renamed file until it is told.
      () => renameSync(path, rotated),
      () => appendFileSync(rotated, line("two")),
      () => {
        appendFileSync(rotated, line("three"));
        writeFileSync(path, line("four"));
      },
      () => {
        live = false;
      },
    );
    expect(await texts({ follow: true, clock, isLive: async () => live })).toEqual([
      "one",
      "two",
      "three",
      "four",
    ]);
  });

  test("stops when it is interrupted", async () => {
    writeFileSync(path, line("one"));
    const abort = new AbortController();
    const clock = clockOf(() => abort.abort(new Error("enough")));
    await expect(texts({ follow: true, clock, signal: abort.signal })).rejects.toThrow("enough");
  });
});
