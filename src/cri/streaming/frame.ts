import { err, ok, type Result } from "../../base/mod.ts";
import { CONTROL, FLAG_FIN, SPDY_VERSION } from "./constants.ts";

/** One SPDY/3.1 frame as far as these streams need it; `headers` are still compressed. */
export type Frame =
  | {
      readonly kind: "data";
      readonly streamId: number;
      readonly fin: boolean;
      readonly data: Buffer;
    }
  | {
      readonly kind: "syn-stream";
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: Buffer;
    }
  | {
      readonly kind: "syn-reply";
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: Buffer;
    }
  | {
      readonly kind: "headers";
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: Buffer;
    }
  | { readonly kind: "rst-stream"; readonly streamId: number; readonly status: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goaway"; readonly lastStreamId: number; readonly status: number }
  | { readonly kind: "window-update"; readonly streamId: number; readonly delta: number }
  | { readonly kind: "settings" };

/** A frame is eight bytes of head, then at most this many. */
export const MAX_FRAME_PAYLOAD = 0xff_ffff;

/** Bytes of a frame (SPDY/3.1 draft, section 2.6). */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.kind) {
    case "data": {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(frame.streamId);
      head.writeUInt32BE(((frame.fin ? FLAG_FIN : 0) << 24) | frame.data.length, 4);
      return Buffer.concat([head, frame.data]);
    }
    case "syn-stream": {
      const fixed = Buffer.alloc(10);
      fixed.writeUInt32BE(frame.streamId);
      return control(CONTROL.SYN_STREAM, frame.fin, Buffer.concat([fixed, frame.headers]));
    }
    case "syn-reply":
      return control(CONTROL.SYN_REPLY, frame.fin, withId(frame.streamId, frame.headers));
    case "headers":
      return control(CONTROL.HEADERS, frame.fin, withId(frame.streamId, frame.headers));
    case "rst-stream":
      return control(CONTROL.RST_STREAM, false, numbers(frame.streamId, frame.status));
    case "ping":
      return control(CONTROL.PING, false, numbers(frame.id));
    case "goaway":
      return control(CONTROL.GOAWAY, false, numbers(frame.lastStreamId, frame.status));
    case "window-update":
      return control(CONTROL.WINDOW_UPDATE, false, numbers(frame.streamId, frame.delta));
    case "settings":
      return control(CONTROL.SETTINGS, false, numbers(0));
  }
}

/**
 * Cuts a byte stream into frames, however it is chunked. Feed it with `push`, then take frames
 * with `next` until it has none; an error is final.
 */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): void {
    this.#buffer =
      this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
  }

  /** The next frame, undefined where more bytes are needed, or what is wrong with them. */
  next(): Result<Frame, string> | undefined {
    if (this.#buffer.length < 8) return undefined;
    const length = this.#buffer.readUIntBE(5, 3);
    if (this.#buffer.length < 8 + length) return undefined;
    const head = this.#buffer.subarray(0, 8);
    const payload = this.#buffer.subarray(8, 8 + length);
    this.#buffer = this.#buffer.subarray(8 + length);
    return decodeFrame(head, payload);
  }
}

function decodeFrame(head: Buffer, payload: Buffer): Result<Frame, string> {
  const first = head.readUInt32BE(0);
  const fin = ((head[4] ?? 0) & FLAG_FIN) !== 0;
  if (first < 0x8000_0000) return ok({ kind: "data", streamId: first, fin, data: payload });
  const version = (first >>> 16) & 0x7fff;
  if (version !== SPDY_VERSION) return err(`Frame of SPDY version ${version}`);
  const type = first & 0xffff;
  const minimum = MINIMUM_PAYLOAD[type];
  if (minimum === undefined) return err(`Frame of unknown type ${type}`);
  if (payload.length < minimum) return err(`Frame of type ${type} with ${payload.length} bytes`);
  const id = payload.readUInt32BE(0) & 0x7fff_ffff;
  const second = minimum >= 8 ? payload.readUInt32BE(4) : 0;
  switch (type) {
    case CONTROL.SYN_STREAM:
      return ok({ kind: "syn-stream", streamId: id, fin, headers: payload.subarray(10) });
    case CONTROL.SYN_REPLY:
      return ok({ kind: "syn-reply", streamId: id, fin, headers: payload.subarray(4) });
    case CONTROL.HEADERS:
      return ok({ kind: "headers", streamId: id, fin, headers: payload.subarray(4) });
    case CONTROL.RST_STREAM:
      return ok({ kind: "rst-stream", streamId: id, status: second });
    case CONTROL.PING:
      return ok({ kind: "ping", id: payload.readUInt32BE(0) });
    case CONTROL.GOAWAY:
      return ok({ kind: "goaway", lastStreamId: id, status: second });
    case CONTROL.WINDOW_UPDATE:
      return ok({ kind: "window-update", streamId: id, delta: second & 0x7fff_ffff });
    default:
      return ok({ kind: "settings" });
  }
}

const MINIMUM_PAYLOAD: Readonly<Record<number, number>> = {
  [CONTROL.SYN_STREAM]: 10,
  [CONTROL.SYN_REPLY]: 4,
  [CONTROL.RST_STREAM]: 8,
  [CONTROL.SETTINGS]: 4,
  [CONTROL.PING]: 4,
  [CONTROL.GOAWAY]: 8,
  [CONTROL.HEADERS]: 4,
  [CONTROL.WINDOW_UPDATE]: 8,
};

function control(type: number, fin: boolean, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | SPDY_VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(((fin ? FLAG_FIN : 0) << 24) | payload.length, 4);
  return Buffer.concat([head, payload]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4);
  });
  return bytes;
}

function withId(streamId: number, rest: Buffer): Buffer {
  return Buffer.concat([numbers(streamId), rest]);
}
