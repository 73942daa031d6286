import { describe, expect, test } from "bun:test";
import { encodeChunk, encodeJson, type Frame, FrameDecoder, FrameError } from "./frames.ts";
import { FRAME_CHUNK, FRAME_JSON, MAX_FRAME_BYTES } from "./protocol.ts";

function decode(pieces: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  return pieces.flatMap((piece) => {
    const frames = [...decoder.push(piece)];
    // What a reader reads its next piece into.
    piece.fill(0xee);
    return frames.map(plain);
  });
}

function plain(frame: Frame): Frame {
  return frame.type === FRAME_CHUNK ? { ...frame, bytes: new Uint8Array(frame.bytes) } : frame;
}

/** A small linear congruential generator, so that a failure can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("encodeJson(), encodeChunk()", () => {
  test("write length, type and payload as protocol.ts says", () => {
    expect([...encodeJson({})]).toEqual([0, 0, 0, 3, 0, 0x7b, 0x7d]);
    expect([...encodeChunk(new Uint8Array([9, 8]))]).toEqual([0, 0, 0, 3, 1, 9, 8]);
    expect([...encodeChunk(new Uint8Array(0))]).toEqual([0, 0, 0, 1, 1]);
  });

  test("refuse what the far side would refuse", () => {
    expect(() => encodeChunk(new Uint8Array(MAX_FRAME_BYTES))).toThrow(RangeError);
    expect(encodeChunk(new Uint8Array(MAX_FRAME_BYTES - 1)).length).toBe(MAX_FRAME_BYTES + 4);
  });
});

describe("FrameDecoder", () => {
  test("gives back every frame, however the stream is cut", () => {
    const random = randomNumbers(7);
    for (let round = 0; round < 200; round++) {
      const sent: Frame[] = Array.from({ length: random(6) }, (_, i) =>
        random(2) === 0
          ? { type: FRAME_JSON, text: JSON.stringify({ i, text: "ä".repeat(random(40)) }) }
          : { type: FRAME_CHUNK, bytes: new Uint8Array(random(200)).fill(i) },
      );
      const bytes = Buffer.concat(
        sent.map((f) =>
          f.type === FRAME_JSON ? encodeJson(JSON.parse(f.text)) : encodeChunk(f.bytes),
        ),
      );
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random(random(2) === 0 ? 3 : 120);
        pieces.push(new Uint8Array(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(decode(pieces)).toEqual(sent);
    }
  });

  test.each([
    { name: "a length of zero", bytes: [0, 0, 0, 0, 0] },
    { name: "a length over the limit", bytes: [1, 0, 0, 1, 0] },
    { name: "text of a login script", bytes: [...Buffer.from("Welcome to node-0\n")] },
    { name: "an unknown type", bytes: [0, 0, 0, 2, 7, 0] },
    { name: "text that is not UTF-8", bytes: [0, 0, 0, 2, 0, 0xff] },
  ])("refuses $name", ({ bytes }) => {
    expect(() => decode([new Uint8Array(bytes)])).toThrow(FrameError);
  });

  test("random bytes are refused or understood, never anything else", () => {
    const random = randomNumbers(99);
    let refused = 0;
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from({ length: random(64) }, () =>
        random(random(2) === 0 ? 4 : 256),
      );
      try {
        decode([bytes]);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(FrameError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("knows that a stream was cut inside of a frame", () => {
    const decoder = new FrameDecoder();
    const frame = encodeJson({ id: 1 });
    expect([...decoder.push(frame.subarray(0, 6))]).toEqual([]);
    expect(decoder.unfinishedBytes).toBe(6);
    expect([...decoder.push(frame.subarray(6))]).toHaveLength(1);
    expect(decoder.unfinishedBytes).toBe(0);
  });
});
