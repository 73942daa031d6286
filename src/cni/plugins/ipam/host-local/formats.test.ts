import { describe, expect, test } from "bun:test";
import { decodeHolder, encodeHolder, isHeldBy } from "./holder.ts";
import { parseResolvConf } from "./resolv-conf.ts";

describe("decodeHolder()", () => {
  test.each([
    ["what encodeHolder() writes", encodeHolder({ containerId: "c1", ifName: "eth0" }), "eth0"],
    ["white space around it", " c1\r\neth0 \n", "eth0"],
    ["a plain line break", "c1\neth0", "eth0"],
    ["the older form", "c1", undefined],
  ])("%s", (_name, text, ifName) => {
    expect(decodeHolder(text)).toEqual({ containerId: "c1", ifName });
  });

  test.each([
    ["nothing", "", "garbled"],
    ["white space", "\r\n", "garbled"],
    ["NULs", "\0\0\0\0", "garbled"],
    ["a sentence", "reserved for the printer", "unknown"],
    ["three lines", "c1\r\neth0\r\nmore", "unknown"],
    ["a NUL in it", "c1\0\r\neth0", "unknown"],
  ])("%s", (_name, text, want) => {
    expect(decodeHolder(text)).toBe(want as "garbled");
  });

  test("isHeldBy(): the older form is for all interfaces of a container", () => {
    const attachment = { containerId: "c1", ifName: "eth0" };
    expect(isHeldBy({ containerId: "c1", ifName: "eth0" }, attachment)).toBe(true);
    expect(isHeldBy({ containerId: "c1", ifName: undefined }, attachment)).toBe(true);
    expect(isHeldBy({ containerId: "c1", ifName: "eth1" }, attachment)).toBe(false);
    expect(isHeldBy({ containerId: "c2", ifName: undefined }, attachment)).toBe(false);
  });
});

test("parseResolvConf()", () => {
  const text = `# a comment
; another
nameserver 192.0.2.1
nameserver   192.0.2.2 trailing
domain example.org
search a.example b.example
search c.example
options ndots:5 timeout:1
nameserver
sortlist 10.0.0.0
`;
  expect(parseResolvConf(text)).toEqual({
    nameservers: ["192.0.2.1", "192.0.2.2"],
    domain: "example.org",
    search: ["a.example", "b.example", "c.example"],
    options: ["ndots:5", "timeout:1"],
  });
  expect(parseResolvConf("")).toEqual({});
});
