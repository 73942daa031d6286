import { describe, expect, test } from "bun:test";
import {
  addressFromBytes,
  addressToBytes,
  formatAddress,
  formatMac,
  parseAddress,
  parseMac,
} from "./mod.ts";

describe("addressToBytes() and addressFromBytes()", () => {
  test.each([
    ["10.200.0.1", "0ac80001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "00000000000000000000000000000000"],
    ["fd00:1::ffff:2", "fd0000010000000000000000ffff0002"],
    ["ff02::1:ff00:42", "ff0200000000000000000001ff000042"],
  ])("%s is %s", (text, hex) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) throw new Error(parsed.error);
    const bytes = addressToBytes(parsed.value);
    expect(bytes.toHex()).toBe(hex);
    const back = addressFromBytes(bytes);
    expect(back === undefined ? undefined : formatAddress(back)).toBe(text);
  });
  test.each([0, 3, 5, 15, 17])("%d bytes are no address", (length) => {
    expect(addressFromBytes(new Uint8Array(length))).toBeUndefined();
  });
});

describe("parseMac() and formatMac()", () => {
  test("reads and prints", () => {
    const parsed = parseMac("02:42:0A:c8:00:01");
    expect(parsed.ok && parsed.value.toHex()).toBe("02420ac80001");
    expect(parsed.ok && formatMac(parsed.value)).toBe("02:42:0a:c8:00:01");
    expect(formatMac(new Uint8Array())).toBe("");
  });
  test.each([
    "",
    "02:42:0a:c8:00",
    "02:42:0a:c8:00:01:02",
    "02-42-0a-c8-00-01",
    "0g:42:0a:c8:00:01",
  ])("refuses %j", (text) => expect(parseMac(text).ok).toBe(false));
});
