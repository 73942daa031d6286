import { NodewrightError } from "../../base/mod.ts";
import { FRAME_CHUNK, FRAME_JSON, MAX_FRAME_BYTES } from "./protocol.ts";

/** One frame as it came off the stream. */
export type Frame =
  | { readonly type: typeof FRAME_JSON; readonly text: string }
  | { readonly type: typeof FRAME_CHUNK; readonly bytes: Uint8Array };

/** Length (4 bytes) and type (1 byte); the length counts the type. */
const HEADER_BYTES = 5;

/** The far side sent bytes that are no frames: a login script that prints, another program, damage. */
export class FrameError extends NodewrightError {
  constructor(message: string) {
    super("protocol", message, {
      fix: "see that nothing on the node prints when a non-interactive shell starts (.bashrc, sshrc, ForceCommand)",
    });
    this.name = "FrameError";
  }
}

/** A JSON message as one frame. */
export function encodeJson(message: unknown): Uint8Array {
  return encodeFrame(FRAME_JSON, new TextEncoder().encode(JSON.stringify(message)));
}

/** A chunk of the blob that the last `putBlob` announced, as one frame. */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  return encodeFrame(FRAME_CHUNK, bytes);
}

function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  const length = payload.length + 1;
  if (length > MAX_FRAME_BYTES) {
    throw new RangeError(`Frame of ${length} bytes is over the limit of ${MAX_FRAME_BYTES}`);
  }
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, length);
  view.setUint8(4, type);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/**
 * Cuts a byte stream into frames, whatever the sizes of the pieces it arrives in. Holds at most
 * one unfinished frame. Throws FrameError for what cannot be a frame; it is of no use after that.
 */
export class FrameDecoder {
  #parts: Uint8Array[] = [];
  #buffered = 0;

  /** The frames that are complete once `bytes` has arrived. Chunk bytes may share memory with it. */
  *push(bytes: Uint8Array): Generator<Frame> {
    if (bytes.length > 0) {
      this.#parts.push(bytes);
      this.#buffered += bytes.length;
    }
    for (;;) {
      const wanted = this.#wantedBytes();
      if (wanted === undefined || this.#buffered < wanted) return;
      yield toFrame(this.#take(wanted).subarray(4));
    }
  }

  /** Bytes of an unfinished frame: not 0 at the end of a stream that was cut. */
  get unfinishedBytes(): number {
    return this.#buffered;
  }

  /** The size of the next whole frame, once its length is there. */
  #wantedBytes(): number | undefined {
    if (this.#buffered < 4) return undefined;
    const first = this.#parts[0];
    const head = first !== undefined && first.length >= 4 ? first : this.#join();
    const length = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
    if (length === 0 || length > MAX_FRAME_BYTES) {
      throw new FrameError(
        `Cannot read a frame: its length is not between 1 and ${MAX_FRAME_BYTES}: ${length}`,
      );
    }
    return 4 + length;
  }

  #join(): Uint8Array {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    const joined = new Uint8Array(Buffer.concat(this.#parts));
    this.#parts = [joined];
    return joined;
  }

  #take(count: number): Uint8Array {
    const first = this.#parts[0];
    const whole = first !== undefined && first.length >= count ? first : this.#join();
    const rest = whole.subarray(count);
    this.#parts = rest.length > 0 ? [rest, ...this.#parts.slice(1)] : this.#parts.slice(1);
    this.#buffered -= count;
    return whole.subarray(0, count);
  }
}

function toFrame(body: Uint8Array): Frame {
  const payload = body.subarray(1);
  switch (body[0]) {
    case FRAME_JSON:
      try {
        return {
          type: FRAME_JSON,
          text: new TextDecoder("utf-8", { fatal: true }).decode(payload),
        };
      } catch {
        throw new FrameError("Cannot read a frame: its text is not UTF-8");
      }
    case FRAME_CHUNK:
      return { type: FRAME_CHUNK, bytes: payload };
    default:
      throw new FrameError(`Cannot read a frame: unknown type: ${body[0]}`);
  }
}
