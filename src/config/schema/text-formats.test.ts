import { expect, test } from "bun:test";
import { hasFormat, parseDurationMs, type TextFormat } from "../mod.ts";

const rows: readonly { format: TextFormat; good: string[]; bad: string[] }[] = [
  {
    format: "duration",
    good: ["0", "30s", "1h30m", "1.5s", "100ms", "-1s", "5\u00b5s"],
    bad: ["30", "5 s", "1d", "s"],
  },
  {
    format: "quantity",
    good: ["100Mi", "500m", "1", "1.5Gi", "1e3"],
    bad: ["100MiB", "10%", "1 Gi", "m"],
  },
  { format: "quantity-or-percent", good: ["10%", "100Mi"], bad: ["%", "10%%", "-10%"] },
  { format: "percent", good: ["50%"], bad: ["50", "50Mi"] },
  { format: "ip", good: ["10.0.0.1", "::1"], bad: ["10.0.0.1/24", "host", "10.0.0.01"] },
  {
    format: "cidr",
    good: ["10.200.0.0/16", "fd00::/64"],
    bad: ["10.200.0.1/16", "10.0.0.0", "SUBNET"],
  },
  {
    format: "cidr-list",
    good: ["10.200.0.0/16", "10.200.0.0/16,fd00::/64"],
    bad: ["10.0.0.0/8,10.1.0.0/16,fd00::/64", "10.0.0.0/8,", "a"],
  },
  { format: "cidr-or-primary", good: ["primary", "10.0.0.0/8"], bad: ["secondary"] },
  {
    format: "ip-or-host-port",
    good: ["0.0.0.0:10256", "[::]:10256", ":10256", "127.0.0.1"],
    bad: ["0.0.0.0:", "0.0.0.0:70000", "::1:x", "[host]:1"],
  },
  { format: "absolute-path", good: ["/a"], bad: ["a", "./a"] },
  {
    format: "unix-socket-url",
    good: ["unix:///run/c.sock", "/run/c.sock"],
    bad: ["run/c.sock", "http://x"],
  },
  {
    format: "url",
    good: ["https://server:6443", "http://10.0.0.1"],
    bad: ["server:6443", "ftp://x", "x"],
  },
  { format: "base64", good: ["LS0tLS1CRUdJTg=="], bad: ["-----BEGIN", "a=b"] },
];

test.each(rows)("hasFormat() of $format", ({ format, good, bad }) => {
  expect(good.filter((value) => !hasFormat(format, value))).toEqual([]);
  expect(bad.filter((value) => hasFormat(format, value))).toEqual([]);
});

test.each([
  ["1h30m", 5_400_000],
  ["100ms", 100],
  ["1.5s", 1500],
  ["0", 0],
  ["-2s", -2000],
  ["5", undefined],
] as const)("parseDurationMs(%j) is %p", (value, want) => {
  expect(parseDurationMs(value)).toBe(want as number);
});
