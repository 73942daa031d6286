import { describe, expect, test } from "bun:test";
import { DHCP_PORT } from "./constants.ts";
import { checksum, decodeFrame, encodeFrame, portFilter } from "./frame.ts";

const FRAME = {
  sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 9),
  destinationMac: new Uint8Array(6).fill(255),
  source: 0xc0000264,
  destination: 0xc0000201,
  payload: new TextEncoder().encode("odd"),
};

/** A server's frame. */
function reply(payload = FRAME.payload): Uint8Array {
  return encodeFrame({ ...FRAME, payload }, DHCP_PORT.SERVER);
}

/** The frame with bytes changed and a right IP checksum again. */
function changed(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = reply();
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  bytes.set([0, 0], 24);
  const sum = checksum(bytes.subarray(14, 34));
  bytes.set([sum >> 8, sum & 0xff], 24);
  return bytes;
}

describe("encodeFrame()", () => {
  test("has headers with right lengths, addresses, ports and sums", () => {
    const bytes = encodeFrame(FRAME);
    expect(bytes.subarray(0, 14).toHex()).toBe("ffffffffffff0200000000090800");
    expect(bytes.subarray(14, 24).toHex()).toBe("4500001f000000004011");
    expect(bytes.subarray(26, 42).toHex()).toMatch(/^c0000264c000020100440043000b....$/);
    expect(checksum(bytes.subarray(14, 34))).toBe(0);
    // RFC 768: pseudo header, UDP header, data and a zero byte for the odd one.
    const pseudo = Buffer.concat([
      bytes.subarray(26, 34),
      Buffer.from([0, 17, 0, 11]),
      bytes.subarray(34),
    ]);
    expect(checksum(pseudo)).toBe(0);
  });
});

describe("decodeFrame()", () => {
  test("gives the payload of a frame to port 68", () => {
    expect(decodeFrame(reply())).toEqual(FRAME);
  });

  test("gives a server what is for it alone", () => {
    expect(decodeFrame(encodeFrame(FRAME), DHCP_PORT.SERVER)).toEqual(FRAME);
    expect(decodeFrame(reply(), DHCP_PORT.SERVER)).toBeUndefined();
  });

  test("passes over Ethernet's padding and IP options", () => {
    expect(decodeFrame(Buffer.concat([reply(), new Uint8Array(20)]))).toEqual(FRAME);
    const plain = reply();
    const longer = Buffer.concat([
      plain.subarray(0, 34),
      Buffer.from([1, 1, 1, 0]),
      plain.subarray(34),
    ]);
    longer.set([0x46], 14);
    longer.set([0, 35, 0, 0, 0, 0, 64, 17, 0, 0], 16);
    const sum = checksum(longer.subarray(14, 38));
    longer.set([sum >> 8, sum & 0xff], 24);
    expect(decodeFrame(longer)).toEqual(FRAME);
  });

  test.each([
    { name: "another protocol of Ethernet", bytes: changed({ 12: 0x86, 13: 0xdd }) },
    { name: "IPv6 in the header", bytes: changed({ 14: 0x65 }) },
    { name: "an IP header that is too short", bytes: changed({ 14: 0x44 }) },
    { name: "TCP", bytes: changed({ 23: 6 }) },
    { name: "a first fragment", bytes: changed({ 20: 0x20 }) },
    { name: "a later fragment", bytes: changed({ 21: 8 }) },
    { name: "another port", bytes: changed({ 37: 69 }) },
    { name: "more than there is", bytes: changed({ 17: 200 }) },
    { name: "a datagram longer than its packet", bytes: changed({ 39: 30 }) },
    { name: "a datagram shorter than its header", bytes: changed({ 39: 7 }) },
    { name: "a wrong IP checksum", bytes: reply().with(24, 0x11) },
    { name: "nothing", bytes: new Uint8Array() },
  ])("passes over $name", ({ bytes }) => {
    expect(decodeFrame(bytes)).toBeUndefined();
  });

  test("never throws, however a frame is cut", () => {
    const whole = reply(new Uint8Array(300));
    for (let length = 0; length < whole.length; length++) {
      expect(decodeFrame(whole.subarray(0, length))).toBeUndefined();
    }
  });
});

/** A small machine for the instructions that the filter has. */
function accepts(bytes: Uint8Array): boolean {
  const filter = portFilter(DHCP_PORT.CLIENT);
  let a = 0;
  let x = 0;
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  for (let pc = 0; ; pc++) {
    const instruction = filter[pc];
    if (instruction === undefined) throw new Error("The filter has no end");
    const { code, jt, jf, k } = instruction;
    if (code === 0x30) a = bytes[k] ?? 0;
    else if (code === 0x28) a = u16(k);
    else if (code === 0x48) a = u16(x + k);
    else if (code === 0xb1) x = ((bytes[k] ?? 0) & 0xf) * 4;
    else if (code === 0x15) pc += a === k ? jt : jf;
    else if (code === 0x45) pc += (a & k) !== 0 ? jt : jf;
    else if (code === 0x06) return k > 0;
    else throw new Error(`Not an instruction: ${code}`);
  }
}

test.each([
  { name: "a reply", bytes: reply(), want: true },
  { name: "a request", bytes: encodeFrame(FRAME), want: false },
  { name: "TCP", bytes: changed({ 23: 6 }), want: false },
  { name: "a fragment", bytes: changed({ 20: 0x20 }), want: false },
])("portFilter(): $name", ({ bytes, want }) => {
  expect(accepts(bytes)).toBe(want);
});
