import { describe, expect, test } from "bun:test";
import { DAEMON_USAGE, parseDaemonFlags, parseGoDuration } from "./go-flags.ts";

const DEFAULTS = {
  pidFile: "",
  hostPrefix: "",
  socketPath: "/run/cni/dhcp.sock",
  client: { timeoutMs: 10_000, resendMaxMs: 62_000, resendTimeoutMs: 208_000, broadcast: false },
};

describe("parseDaemonFlags()", () => {
  test.each([
    { argv: [], want: {} },
    {
      argv: ["-pidfile", "/run/p", "--socketpath=/s"],
      want: { pidFile: "/run/p", socketPath: "/s" },
    },
    { argv: ["-socketpath", ""], want: {} },
    { argv: ["--hostprefix", "/host"], want: { hostPrefix: "/host" } },
    { argv: ["-broadcast"], want: { client: { ...DEFAULTS.client, broadcast: true } } },
    { argv: ["--broadcast=T"], want: { client: { ...DEFAULTS.client, broadcast: true } } },
    { argv: ["-broadcast=false"], want: {} },
    {
      argv: ["-timeout", "5s", "-resendmax=1m", "--resendtimeout", "1m30.5s"],
      want: {
        client: { timeoutMs: 5000, resendMaxMs: 60_000, resendTimeoutMs: 90_500, broadcast: false },
      },
    },
  ])("reads $argv", ({ argv, want }) => {
    expect(parseDaemonFlags(argv)).toEqual({ ok: true, value: { ...DEFAULTS, ...want } });
  });

  test.each([
    { argv: ["-nonsense"], error: 'unknown argument: "-nonsense"' },
    { argv: ["daemon"], error: 'unknown argument: "daemon"' },
    { argv: ["---timeout=1s"], error: 'unknown argument: "---timeout=1s"' },
    { argv: ["-constructor=1"], error: 'unknown argument: "-constructor=1"' },
    { argv: ["-timeout"], error: "-timeout needs a value" },
    { argv: ["-timeout", "10"], error: '-timeout must be a duration like 10s: "10"' },
    { argv: ["-timeout=0"], error: '-timeout must be a duration like 10s: "0"' },
    { argv: ["-pidfile", "p"], error: '-pidfile must be an absolute path: "p"' },
    { argv: ["-broadcast=maybe"], error: '-broadcast is no switch: "maybe"' },
  ])("refuses $argv", ({ argv, error }) => {
    expect(parseDaemonFlags(argv)).toEqual({ ok: false, error });
  });

  test("the usage names every flag", () => {
    const named = [...DAEMON_USAGE.matchAll(/^ {2}-([a-z]+)/gm)].map((match) => match[1]);
    for (const name of named) {
      const argv =
        name === "broadcast" ? ["-broadcast"] : [`-${name}`, name === "pidfile" ? "/p" : "1s"];
      expect(parseDaemonFlags(argv)).toMatchObject({ ok: true });
    }
    expect(named).toHaveLength(7);
  });
});

test.each([
  { text: "10s", want: 10_000 },
  { text: "1h2m3s4ms", want: 3_723_004 },
  { text: "1.5s", want: 1500 },
  { text: ".5m", want: 30_000 },
  { text: "250us", want: 0.25 },
  { text: "0", want: 0 },
  { text: "", want: undefined },
  { text: "10", want: undefined },
  { text: "s", want: undefined },
  { text: "1s ", want: undefined },
  { text: "x1s", want: undefined },
  { text: "-1s", want: undefined },
])("parseGoDuration() of $text", ({ text, want }) => {
  expect(parseGoDuration(text)).toBe(want);
});
