import { expect, test } from "bun:test";
import { createLogger, systemClock } from "../base/mod.ts";
import { parseServiceManager, reportToManager } from "./service-manager.ts";

const socket = "/run/systemd/notify";
test.each([
  { env: {}, want: undefined },
  { env: { WATCHDOG_USEC: "1000" }, want: undefined },
  { env: { NOTIFY_SOCKET: socket }, want: { socket } },
  {
    env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30000000" },
    want: { socket, watchdogMs: 30_000 },
  },
  {
    env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" },
    want: { socket, watchdogMs: 30_000 },
  },
  {
    env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" },
    want: { socket },
  },
  { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "x" }, want: { socket } },
])("parseServiceManager() of $env is $want", ({ env, want }) => {
  expect(parseServiceManager(env, 7)).toEqual(want);
});

test("the watchdog hears twice as often as it wants, and nothing after the end", async () => {
  const sent: string[] = [];
  const slept: number[] = [];
  const ending = new AbortController();
  await reportToManager(
    { send: (text) => void sent.push(text), watchdogMs: 1000 },
    {
      clock: {
        ...systemClock,
        sleep: async (ms) => {
          slept.push(ms);
          if (slept.length === 3) ending.abort();
        },
      },
      signal: ending.signal,
      log: createLogger({
        ...{ program: "t", verbosity: 0, processId: 1, now: () => 0 },
        write: () => {},
      }),
    },
  );
  expect(sent).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
  expect(slept).toEqual([500, 500, 500]);
});

test("a manager that does not listen is no reason to end", async () => {
  const lines: string[] = [];
  await reportToManager(
    {
      send: () => {
        throw new Error("ECONNREFUSED");
      },
    },
    {
      clock: systemClock,
      signal: new AbortController().signal,
      log: createLogger({
        ...{ program: "t", verbosity: 0, processId: 1, now: () => 0 },
        write: (line) => void lines.push(line),
      }),
    },
  );
  expect(lines.join()).toContain("ECONNREFUSED");
});
