import { describe, expect, test } from "bun:test";
import {
  addressAt,
  cidrContainsCidr,
  cidrsOverlap,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from "./mod.ts";

describe("parseAddress()", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["fd00:0:0:1:0:0:0:1", "fd00:0:0:1::1"],
    ["2001:DB8::A", "2001:db8::a"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1::", "1::"],
  ])("reads %s and prints it in canonical form", (text, canonical) => {
    const parsed = parseAddress(text);
    expect(parsed.ok && formatAddress(parsed.value)).toBe(canonical);
  });

  test.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.1 ",
    "1::2::3",
    "12345::",
    ":::",
    "1:2:3:4:5:6:7",
    "fe80::1%eth0",
    "::1.2.3",
  ])("refuses %j", (text) => {
    expect(parseAddress(text).ok).toBe(false);
  });
});

describe("parseCidr()", () => {
  const cidr = (text: string) => {
    const parsed = parseCidr(text);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };

  test("names the network where host bits are set", () => {
    const parsed = parseCidr("10.200.0.1/24");
    expect(parsed).toEqual({
      ok: false,
      error: '"10.200.0.1/24" has host bits set; the network is 10.200.0.0/24',
    });
  });

  test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "::/129", "x/8"])(
    "refuses %j",
    (text) => {
      expect(parseCidr(text).ok).toBe(false);
    },
  );

  test("tells overlap and containment, families apart", () => {
    expect(cidrsOverlap(cidr("10.200.0.0/16"), cidr("10.200.3.0/24"))).toBe(true);
    expect(cidrsOverlap(cidr("10.200.0.0/24"), cidr("10.200.1.0/24"))).toBe(false);
    expect(cidrsOverlap(cidr("0.0.0.0/0"), cidr("::/0"))).toBe(false);
    expect(cidrContainsCidr(cidr("10.200.0.0/16"), cidr("10.200.3.0/24"))).toBe(true);
    expect(cidrContainsCidr(cidr("10.200.3.0/24"), cidr("10.200.0.0/16"))).toBe(false);
    expect(formatAddress(addressAt(cidr("10.200.0.0/24"), 1n))).toBe("10.200.0.1");
    expect(formatCidr(cidr("fd00::/64"))).toBe("fd00::/64");
  });
});
