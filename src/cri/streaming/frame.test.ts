import { describe, expect, test } from "bun:test";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";

/** SPDY/3.1 draft, sections 2.2 and 2.6: one row a frame. */
const FRAMES: readonly { readonly frame: Frame; readonly hex: string }[] = [
  {
    frame: { kind: "data", streamId: 3, fin: true, data: Buffer.from("hi") },
    hex: "00000003 01000002 6869",
  },
  {
    frame: { kind: "syn-stream", streamId: 1, fin: false, headers: Buffer.from("ab", "hex") },
    hex: "80030001 0000000b 00000001 00000000 0000 ab",
  },
  {
    frame: { kind: "syn-reply", streamId: 1, fin: true, headers: Buffer.from("ab", "hex") },
    hex: "80030002 01000005 00000001 ab",
  },
  {
    frame: { kind: "rst-stream", streamId: 5, status: 3 },
    hex: "80030003 00000008 00000005 00000003",
  },
  { frame: { kind: "settings" }, hex: "80030004 00000004 00000000" },
  { frame: { kind: "ping", id: 2 }, hex: "80030006 00000004 00000002" },
  {
    frame: { kind: "goaway", lastStreamId: 9, status: 0 },
    hex: "80030007 00000008 00000009 00000000",
  },
  {
    frame: { kind: "headers", streamId: 7, fin: false, headers: Buffer.from("cd", "hex") },
    hex: "80030008 00000005 00000007 cd",
  },
  {
    frame: { kind: "window-update", streamId: 1, delta: 65536 },
    hex: "80030009 00000008 00000001 00010000",
  },
];

describe("frames", () => {
  test.each(FRAMES)("$frame.kind is encoded and read", ({ frame, hex }) => {
    const bytes = encodeFrame(frame);
    expect(bytes.toString("hex")).toBe(hex.replaceAll(" ", ""));
    const reader = new FrameReader();
    reader.push(bytes);
    expect(reader.next()).toEqual({ ok: true, value: frame });
    expect(reader.next()).toBeUndefined();
  });

  test("the table has every kind of frame", () => {
    expect(new Set(FRAMES.map(({ frame }) => frame.kind)).size).toBe(FRAMES.length);
  });

  test("are the same however the bytes arrive", () => {
    const all = Buffer.concat(FRAMES.map(({ frame }) => encodeFrame(frame)));
    for (const size of [1, 2, 7, 9, all.length]) {
      const reader = new FrameReader();
      const kinds: string[] = [];
      for (let at = 0; at < all.length; at += size) {
        reader.push(all.subarray(at, at + size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) {
          kinds.push(next.ok ? next.value.kind : next.error);
        }
      }
      expect(kinds).toEqual(FRAMES.map(({ frame }) => frame.kind));
    }
  });

  test.each([
    { name: "another version", hex: "80020006 00000004 00000002", want: "SPDY version 2" },
    { name: "an unknown type", hex: "800300ff 00000004 00000002", want: "unknown type 255" },
    { name: "a short ping", hex: "80030006 00000002 0000", want: "type 6 with 2 bytes" },
    { name: "a short stream", hex: "80030001 00000004 00000001", want: "type 1 with 4 bytes" },
  ])("$name is refused", ({ hex, want }) => {
    const reader = new FrameReader();
    reader.push(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    const result = reader.next();
    expect(result?.ok === false ? result.error : "").toContain(want);
  });

  test("random bytes are read or refused, and never throw", () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed >> 8;
    };
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const reader = new FrameReader();
      const bytes = Buffer.from(Array.from({ length: random() % 64 }, () => random() & 0xff));
      // Small lengths, so that payloads are reached.
      if (bytes.length > 8) bytes.writeUIntBE(random() % 16, 5, 3);
      if (bytes.length > 8 && round % 2 === 0)
        bytes.writeUInt32BE(0x8003_0000 + (random() % 12), 0);
      reader.push(bytes);
      let next = reader.next();
      while (next?.ok === true) next = reader.next();
      if (next !== undefined) refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
  });
});
