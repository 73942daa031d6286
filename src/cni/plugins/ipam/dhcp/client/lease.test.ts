import { describe, expect, test } from "bun:test";
import { encodeResult } from "../../../../result/encode-result.ts";
import type { DhcpMessage } from "../wire/message.ts";
import { addressBytes } from "../wire/option-values.ts";
import { leaseOf } from "./lease.ts";

const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const BASE: readonly (readonly [number, Uint8Array])[] = [
  [1, bytes(255, 255, 255, 0)],
  [54, bytes(192, 0, 2, 1)],
  [51, addressBytes(1000)],
];

function ack(
  options: readonly (readonly [number, Uint8Array])[],
  yiaddr = 0xc0000264,
): DhcpMessage {
  return {
    op: 2,
    type: 5,
    xid: 1,
    secs: 0,
    broadcast: false,
    ciaddr: 0,
    yiaddr,
    chaddr: new Uint8Array(6),
    options: new Map([...BASE, ...options]),
  };
}

function lease(...options: readonly (readonly [number, Uint8Array])[]) {
  const read = leaseOf(ack(options), { serverMac: SERVER_MAC, startedMs: 5000 });
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

const json = (...options: readonly (readonly [number, Uint8Array])[]) =>
  encodeResult(lease(...options).result, "1.1.0");

test("leaseOf() gives address, server and times", () => {
  expect(lease()).toMatchObject({
    address: 0xc0000264,
    server: { id: 0xc0000201, mac: SERVER_MAC },
    renewAtMs: 505_000,
    rebindAtMs: 880_000,
    expireAtMs: 1_005_000,
  });
  expect(json()).toEqual({ cniVersion: "1.1.0", ips: [{ address: "192.0.2.100/24" }] });
});

describe("the result", () => {
  const router = [3, bytes(192, 0, 2, 1, 192, 0, 2, 2)] as const;

  test("has the first router as gateway, and a default route by it", () => {
    expect(json(router)).toMatchObject({
      ips: [{ address: "192.0.2.100/24", gateway: "192.0.2.1" }],
      routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }],
    });
  });

  test("has static routes before it", () => {
    expect(json(router, [33, bytes(10, 1, 2, 3, 192, 0, 2, 9)])).toMatchObject({
      routes: [
        { dst: "10.0.0.0/8", gw: "192.0.2.9" },
        { dst: "0.0.0.0/0", gw: "192.0.2.1" },
      ],
    });
  });

  test("has classless routes instead of both (RFC 3442)", () => {
    const classless = [121, bytes(16, 10, 77, 192, 0, 2, 9, 24, 198, 51, 100, 0, 0, 0, 0)] as const;
    const result = json(router, [33, bytes(10, 1, 2, 3, 192, 0, 2, 9)], classless);
    expect(result["routes"]).toEqual([
      { dst: "10.77.0.0/16", gw: "192.0.2.9" },
      // By the link itself.
      { dst: "198.51.100.0/24", gw: "0.0.0.0", scope: 253 },
    ]);
    expect(result["ips"]).toEqual([{ address: "192.0.2.100/24", gateway: "192.0.2.1" }]);
  });

  test("has DNS", () => {
    const dns = json(
      [6, bytes(192, 0, 2, 53, 192, 0, 2, 54)],
      [15, text("example.test\0")],
      [119, bytes(1, 97, 4, 116, 101, 115, 116, 0, 1, 98, 0xc0, 2)],
    );
    expect(dns["dns"]).toEqual({
      nameservers: ["192.0.2.53", "192.0.2.54"],
      domain: "example.test",
      search: ["a.test", "b.test"],
    });
  });
});

describe("times", () => {
  const times = (...options: readonly (readonly [number, Uint8Array])[]): unknown => {
    const { renewAtMs, rebindAtMs, expireAtMs } = lease(...options);
    return [renewAtMs, rebindAtMs, expireAtMs].map((at) => (at - 5000) / 1000);
  };
  const seconds = (code: number, value: number) => [code, addressBytes(value)] as const;

  test.each([
    {
      name: "T1 and T2 as given",
      options: [seconds(58, 100), seconds(59, 200)],
      want: [100, 200, 1000],
    },
    { name: "T2 after the end", options: [seconds(59, 1000)], want: [500, 875, 1000] },
    { name: "T1 after T2", options: [seconds(58, 300), seconds(59, 200)], want: [200, 200, 1000] },
    { name: "zeros", options: [seconds(58, 0), seconds(59, 0)], want: [500, 875, 1000] },
    { name: "of the wrong length", options: [[58, bytes(1)] as const], want: [500, 875, 1000] },
    { name: "for ever", options: [seconds(51, 0xffff_ffff)], want: [Infinity, Infinity, Infinity] },
    { name: "without a length", options: [[51, bytes()] as const], want: [1800, 3150, 3600] },
  ])("$name", ({ options, want }) => {
    expect(times(...options)).toEqual(want);
  });
});

test.each([
  { name: "no address", message: ack([], 0), error: "no address that a host can have" },
  { name: "a multicast address", message: ack([], 0xe0000001), error: "no address that a host" },
  { name: "a loopback address", message: ack([], 0x7f000001), error: "no address that a host" },
  { name: "no mask", message: ack([[1, bytes()]]), error: "no valid subnet mask" },
  {
    name: "a mask with holes",
    message: ack([[1, bytes(255, 0, 255, 0)]]),
    error: "no valid subnet mask",
  },
  { name: "no server", message: ack([[54, bytes(0, 0, 0, 0)]]), error: "no server identifier" },
  { name: "no time", message: ack([[51, addressBytes(0)]]), error: "ends at once" },
])("leaseOf() refuses $name", ({ message, error }) => {
  const read = leaseOf(message, { serverMac: SERVER_MAC, startedMs: 0 });
  expect(read).toMatchObject({ ok: false, error: expect.stringContaining(error) });
});
