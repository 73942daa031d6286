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

/** The length alone: it tells how much room the rest needs. */
const LENGTH_BYTES = 4;

/**
 * Cuts a byte stream into frames, whatever the sizes of the pieces it arrives in. Holds at most
 * one unfinished frame, and copies each byte once. Throws FrameError for what cannot be a frame;
 * it is of no use after that.
 */
export class FrameDecoder {
  readonly #length = new Uint8Array(LENGTH_BYTES);
  /** Type and payload of the frame that is arriving, once its length is known. */
  #body: Uint8Array | undefined;
  /** Bytes that are there of what is being filled: the length, then the body. */
  #filled = 0;

  /** The frames that are complete once `bytes` has arrived. None shares memory with it. */
  *push(bytes: Uint8Array): Generator<Frame> {
    for (let at = 0; at < bytes.length; ) {
      const target = this.#body ?? this.#length;
      const end = Math.min(at + target.length - this.#filled, bytes.length);
      target.set(bytes.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled < target.length) return;
      this.#filled = 0;
      this.#body = target === this.#length ? this.#roomForBody() : undefined;
      if (target !== this.#length) yield toFrame(target);
    }
  }

  /** Bytes of an unfinished frame: not 0 at the end of a stream that was cut. */
  get unfinishedBytes(): number {
    return this.#filled + (this.#body === undefined ? 0 : LENGTH_BYTES);
  }

  #roomForBody(): Uint8Array {
    const length = new DataView(this.#length.buffer).getUint32(0);
    if (length === 0 || length > MAX_FRAME_BYTES) {
      throw new FrameError(
        `Cannot read a frame: its length is not between 1 and ${MAX_FRAME_BYTES}: ${length}`,
      );
    }
    return Buffer.allocUnsafe(length);
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
