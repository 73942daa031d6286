import { describe, expect, test } from "bun:test";
import { decodeOptions, encodeOptions } from "./options.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("decodeOptions()", () => {
  test.each([
    { name: "nothing", fields: [bytes()], want: [] },
    { name: "padding and end", fields: [bytes(0, 0, 255, 1)], want: [] },
    { name: "one", fields: [bytes(53, 1, 2, 255)], want: [[53, [2]]] },
    { name: "an empty value", fields: [bytes(80, 0, 255)], want: [[80, []]] },
    { name: "no end mark", fields: [bytes(12, 2, 104, 105)], want: [[12, [104, 105]]] },
    {
      name: "parts",
      fields: [bytes(12, 1, 104, 53, 1, 5, 12, 1, 105)],
      want: [
        [12, [104, 105]],
        [53, [5]],
      ],
    },
    {
      name: "parts across fields",
      fields: [bytes(12, 1, 1, 255), bytes(12, 1, 2, 255)],
      want: [[12, [1, 2]]],
    },
  ])("reads $name", ({ fields, want }) => {
    const decoded = decodeOptions(fields);
    if (!decoded.ok) throw new Error(decoded.error);
    const pairs: unknown = [...decoded.value].map(([code, value]) => [code, [...value]]);
    expect(pairs).toEqual(want);
  });

  test.each([
    { name: "a length that is missing", field: bytes(53) },
    { name: "a value that is missing", field: bytes(53, 1) },
    { name: "a value that is short", field: bytes(1, 4, 255, 255, 255) },
  ])("refuses $name", ({ field }) => {
    expect(decodeOptions([field])).toMatchObject({ ok: false });
  });
});

test("encodeOptions() splits what is longer than 255 bytes, and decodeOptions() joins it", () => {
  const long = Uint8Array.from({ length: 600 }, (_, i) => i % 251);
  const options = new Map<number, Uint8Array>();
  options.set(61, long).set(12, bytes()).set(55, bytes(1, 3));
  const encoded = encodeOptions(options);
  expect([encoded[1], encoded[258], encoded[515]]).toEqual([255, 255, 90]);
  expect([...encoded.subarray(-7)]).toEqual([12, 0, 55, 2, 1, 3, 255]);
  const decoded = decodeOptions([encoded]);
  expect(decoded.ok && decoded.value.get(61)).toEqual(Buffer.from(long));
});
