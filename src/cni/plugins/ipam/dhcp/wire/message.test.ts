import { describe, expect, test } from "bun:test";
import { DHCP_OPTION, DHCP_TYPE } from "./constants.ts";
import { type DhcpMessage, decodeMessage, encodeMessage } from "./message.ts";

const MESSAGE: DhcpMessage = {
  op: 1,
  type: DHCP_TYPE.REQUEST,
  xid: 0xfedcba98,
  secs: 7,
  broadcast: true,
  ciaddr: 0xc0000264,
  yiaddr: 0xc0000265,
  chaddr: Uint8Array.of(2, 0, 0, 0, 0, 9),
  options: new Map([[DHCP_OPTION.CLIENT_ID, Uint8Array.of(0, 99)]]),
};

/** The message with some of its bytes changed. */
function changed(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = encodeMessage(MESSAGE);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

describe("encodeMessage()", () => {
  test("puts the fields where RFC 2131 has them", () => {
    const bytes = encodeMessage(MESSAGE);
    expect(bytes).toHaveLength(300);
    expect(bytes.subarray(0, 34).toHex()).toBe(
      "01010600fedcba9800078000c0000264c00002650000000000000000020000000009",
    );
    expect(bytes.subarray(236, 248).toHex()).toBe("638253633501033d020063ff");
  });

  test("is read back by decodeMessage()", () => {
    expect(decodeMessage(encodeMessage(MESSAGE))).toEqual({ ok: true, value: MESSAGE });
  });

  test("seconds that have no place are the most that has", () => {
    const decoded = decodeMessage(encodeMessage({ ...MESSAGE, secs: 100_000 }));
    expect(decoded.ok && decoded.value.secs).toBe(65_535);
  });

  test("a message with many options is longer", () => {
    const options = new Map([[12, new Uint8Array(500)]]);
    const bytes = encodeMessage({ ...MESSAGE, options });
    expect(bytes).toHaveLength(240 + 3 + 504 + 1);
    expect(decodeMessage(bytes)).toMatchObject({ ok: true });
  });
});

describe("decodeMessage()", () => {
  test.each([
    { name: "short", bytes: new Uint8Array(239), error: "it has only 239 bytes" },
    { name: "of another op", bytes: changed({ 0: 3 }), error: "its op is 3" },
    { name: "for another hardware", bytes: changed({ 1: 32 }), error: "it is not for Ethernet" },
    { name: "without a cookie", bytes: changed({ 236: 0 }), error: "it is BOOTP without DHCP" },
    { name: "without a type", bytes: changed({ 240: 54 }), error: "it has no message type" },
    { name: "of an unknown type", bytes: changed({ 242: 77 }), error: "it has no message type" },
    {
      name: "cut off",
      bytes: encodeMessage(MESSAGE).subarray(0, 245),
      error: "option 61 is cut off",
    },
  ])("refuses what is $name", ({ bytes, error }) => {
    expect(decodeMessage(bytes)).toEqual({ ok: false, error });
  });

  test("goes on in file and sname where option 52 says so", () => {
    const bytes = encodeMessage({
      ...MESSAGE,
      options: new Map([
        [52, Uint8Array.of(3)],
        [15, Uint8Array.of(97)],
      ]),
    });
    bytes.set([15, 1, 98, 255], 108);
    bytes.set([15, 1, 99, 255], 44);
    const decoded = decodeMessage(bytes);
    expect(decoded.ok && decoded.value.options.get(15)).toEqual(Buffer.from("abc"));
  });

  test("never throws, whatever it gets", () => {
    const random = seeded(1);
    const good = encodeMessage(MESSAGE);
    for (let i = 0; i < 20_000; i++) {
      const bytes = good.slice(0, random() % 4 === 0 ? random() % good.length : good.length);
      for (let n = random() % 8; n >= 0; n--) bytes[240 + (random() % 60)] = random() % 256;
      if (random() % 3 === 0) bytes[random() % bytes.length] = random() % 256;
      const decoded = decodeMessage(bytes);
      if (decoded.ok)
        expect(decodeMessage(encodeMessage(decoded.value))).toMatchObject({ ok: true });
    }
  });
});

/** A generator of numbers that are the same on each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
}
