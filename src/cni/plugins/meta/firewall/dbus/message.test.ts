import { describe, expect, test } from "bun:test";
import { type DbusMessage, decodeMessage, encodeMessage, MESSAGE } from "./mod.ts";

const call: DbusMessage = {
  type: MESSAGE.call,
  serial: 7,
  path: "/a",
  interface: "b.c",
  member: "d",
  destination: "e.f",
  signature: "ss",
  body: ["trusted", "10.0.0.2/32"],
};

describe("encodeMessage()", () => {
  test("writes the specification's format", () => {
    const bytes = encodeMessage({
      type: MESSAGE.call,
      serial: 1,
      path: "/a",
      member: "d",
      body: [],
    });
    expect(
      bytes
        .toHex()
        .replace(/.{8}(?=.)/g, "$& ")
        .split(" "),
    ).toEqual([
      ...["6c010001", "00000000", "01000000", "1a000000"], // little endian; body 0, serial 1, fields 26
      ...["01016f00", "02000000", "2f610000", "00000000"], // path, of type o
      ...["03017300", "01000000", "64000000", "00000000"], // member, of type s
    ]);
  });
});

describe("decodeMessage()", () => {
  test("reads back what was written, and how long it was", () => {
    const bytes = encodeMessage(call);
    const more = Buffer.concat([bytes, new Uint8Array([1, 2, 3])]);
    expect(decodeMessage(more)).toEqual({ message: call, length: bytes.length });
  });
  test("numbers and truth values, and answers", () => {
    const answer: DbusMessage = {
      type: MESSAGE.error,
      serial: 2,
      replySerial: 7,
      errorName: "x.y",
      sender: ":1.5",
      signature: "sbu",
      body: ["text", true, 4_000_000_000],
    };
    expect(decodeMessage(encodeMessage(answer))?.message).toEqual(answer);
  });
  test("waits for the whole of it", () => {
    const bytes = encodeMessage(call);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeMessage(bytes.subarray(0, length))).toBeUndefined();
    }
  });
  test("of a body that is not understood, takes the beginning", () => {
    const odd = encodeMessage({ ...call, signature: "ss" });
    const at = Buffer.from(odd).indexOf("ss\0");
    odd[at + 1] = "v".charCodeAt(0);
    expect(decodeMessage(odd)?.message.body).toEqual(["trusted"]);
  });
  test("refuses lengths that cannot be", () => {
    const bytes = encodeMessage(call);
    bytes.set([0xff, 0xff, 0xff, 0x7f], 4);
    expect(() => decodeMessage(bytes)).toThrow(RangeError);
  });
});
