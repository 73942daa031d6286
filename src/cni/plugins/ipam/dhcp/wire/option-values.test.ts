import { describe, expect, test } from "bun:test";
import {
  formatIpv4,
  readAddresses,
  readClasslessRoutes,
  readDomainSearch,
  readPrefixLength,
  readStaticRoutes,
  readText,
  readU32,
} from "./option-values.ts";

const option = (...values: number[]) => new Map([[1, Uint8Array.from(values)]]);
const dns = (text: string) => new Map([[1, new TextEncoder().encode(text)]]);

test("readPrefixLength() knows every mask, and those with holes", () => {
  for (let length = 0; length <= 32; length++) {
    const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
    const bytes = [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff);
    expect(readPrefixLength(option(...bytes), 1)).toBe(length);
  }
  expect(readPrefixLength(option(255, 0, 255, 0), 1)).toBeUndefined();
  expect(readPrefixLength(option(255, 255, 255), 1)).toBeUndefined();
  expect(readPrefixLength(new Map(), 1)).toBeUndefined();
});

test("readU32() takes four bytes alone", () => {
  expect(readU32(option(0xff, 0, 0, 1), 1)).toBe(0xff000001);
  expect(readU32(option(1, 2, 3, 4, 5), 1)).toBeUndefined();
});

test("readAddresses() passes over what is left at the end", () => {
  expect(readAddresses(option(10, 0, 0, 1, 10, 0, 0, 2, 9), 1).map(formatIpv4)).toEqual([
    "10.0.0.1",
    "10.0.0.2",
  ]);
  expect(readAddresses(new Map(), 1)).toEqual([]);
});

test.each([
  { text: "example.test", want: "example.test" },
  { text: "example.test\0\0", want: "example.test" },
  { text: "\0", want: undefined },
  { text: "", want: undefined },
])("readText() of $text", ({ text, want }) => {
  expect(readText(dns(text), 1)).toBe(want);
});

/** RFC 3442, page 4: destinations and how they are written. */
describe("readClasslessRoutes()", () => {
  test.each([
    { bytes: [0, 10, 1, 1, 1], want: "0.0.0.0/0" },
    { bytes: [8, 10, 10, 1, 1, 1], want: "10.0.0.0/8" },
    { bytes: [24, 10, 0, 0, 10, 1, 1, 1], want: "10.0.0.0/24" },
    { bytes: [16, 10, 17, 10, 1, 1, 1], want: "10.17.0.0/16" },
    { bytes: [24, 10, 27, 129, 10, 1, 1, 1], want: "10.27.129.0/24" },
    { bytes: [25, 10, 229, 0, 128, 10, 1, 1, 1], want: "10.229.0.128/25" },
    { bytes: [32, 10, 198, 122, 47, 10, 1, 1, 1], want: "10.198.122.47/32" },
    // Bits after the length are nothing.
    { bytes: [9, 10, 255, 10, 1, 1, 1], want: "10.128.0.0/9" },
  ])("reads $want", ({ bytes, want }) => {
    const [route, more] = readClasslessRoutes(option(...bytes), 1);
    expect(more).toBeUndefined();
    expect(`${formatIpv4(route?.network ?? 1)}/${route?.prefixLength}`).toBe(want);
    expect(formatIpv4(route?.gateway ?? 0)).toBe("10.1.1.1");
  });

  test("ends at what is wrong", () => {
    const good = [8, 10, 10, 1, 1, 1];
    expect(readClasslessRoutes(option(...good, 33, 1, 2, 3, 4, 5, 6, 7, 8), 1)).toHaveLength(1);
    expect(readClasslessRoutes(option(...good, 24, 10, 0, 0, 10, 1, 1), 1)).toHaveLength(1);
    expect(readClasslessRoutes(option(...good, ...good), 1)).toHaveLength(2);
  });
});

test("readStaticRoutes() takes the length from the class, and no default route", () => {
  const pairs = [
    [10, 9, 8, 7, 192, 0, 2, 1],
    [172, 16, 5, 5, 192, 0, 2, 2],
    [198, 51, 100, 9, 192, 0, 2, 3],
    [0, 0, 0, 0, 192, 0, 2, 4],
    [224, 0, 0, 1, 192, 0, 2, 5],
    [203, 0, 113, 0],
  ];
  const routes = readStaticRoutes(option(...pairs.flat()), 1);
  expect(
    routes.map((r) => `${formatIpv4(r.network)}/${r.prefixLength} ${formatIpv4(r.gateway)}`),
  ).toEqual(["10.0.0.0/8 192.0.2.1", "172.16.0.0/16 192.0.2.2", "198.51.100.0/24 192.0.2.3"]);
});

describe("readDomainSearch()", () => {
  test.each([
    { name: "two names", text: "\x03eng\x04test\0\x02qa\x04test\0", want: ["eng.test", "qa.test"] },
    { name: "a pointer", text: "\x03eng\x04test\0\x02qa\xc0\x04", want: ["eng.test", "qa.test"] },
    { name: "the root alone", text: "\0", want: [] },
    { name: "a pointer to itself", text: "\x03eng\0\xc0\x05", want: ["eng"] },
    { name: "a pointer forwards", text: "\xc0\x02\x03eng\0", want: [] },
    { name: "a label that is cut off", text: "\x03eng\0\x05qa", want: ["eng"] },
    { name: "no end", text: "\x03eng", want: [] },
    { name: "a label that is too long", text: `\x40${"a".repeat(64)}\0`, want: [] },
  ])("reads $name", ({ text, want }) => {
    expect(readDomainSearch(new Map([[1, Buffer.from(text, "latin1")]]), 1)).toEqual(want);
  });

  test("names that pointers make longer than DNS allows end the list", () => {
    const name = `${`\x3f${"a".repeat(63)}`.repeat(3)}\x3e${"b".repeat(62)}`;
    const value = Buffer.concat([
      Buffer.from(`${name}\0`, "latin1"),
      Buffer.from([1, 99, 0xc0, 0]),
    ]);
    expect(readDomainSearch(new Map([[1, value]]), 1)).toHaveLength(1);
  });
});
