import { Attributes } from "./attributes.ts";
import { align4, HEADER_BYTES } from "./constants.ts";

/**
 * One received netlink message: its header, and its payload by offset. Reading outside of the
 * payload gives zero and leaves `error` set; it stays set (a decoder looks once, at the end).
 * The bytes belong to the connection's buffer: take out what is needed before the next receive.
 */
export class Message {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  /** Whose request it answers or reports: the number of a socket; 0 is the kernel itself. */
  readonly port: number;
  readonly #view: DataView;
  #error: string | undefined;

  /** `view` covers exactly the message, header included; at least HEADER_BYTES long. */
  constructor(view: DataView) {
    this.type = view.getUint16(4, true);
    this.flags = view.getUint16(6, true);
    this.seq = view.getUint32(8, true);
    this.port = view.getUint32(12, true);
    this.#view = view;
  }

  /** What was malformed first, if anything. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Sets `error` unless it is set already. */
  fail(what: string): void {
    this.#error ??= what;
  }

  get payloadLength(): number {
    return this.#view.byteLength - HEADER_BYTES;
  }

  u8(offset: number): number {
    return this.#has(offset, 1) ? this.#view.getUint8(HEADER_BYTES + offset) : 0;
  }
  u16(offset: number): number {
    return this.#has(offset, 2) ? this.#view.getUint16(HEADER_BYTES + offset, true) : 0;
  }
  u32(offset: number): number {
    return this.#has(offset, 4) ? this.#view.getUint32(HEADER_BYTES + offset, true) : 0;
  }
  i32(offset: number): number {
    return this.#has(offset, 4) ? this.#view.getInt32(HEADER_BYTES + offset, true) : 0;
  }

  /** The attributes that follow a fixed structure of `fixedLength` bytes. */
  attributes(fixedLength: number): Attributes {
    const start = HEADER_BYTES + align4(fixedLength);
    const end = this.#view.byteLength;
    if (start > end) this.fail(`payload of ${this.payloadLength} bytes, expected ${fixedLength}`);
    return new Attributes(this.#view, Math.min(start, end), end, this);
  }

  #has(offset: number, size: number): boolean {
    if (offset + size <= this.payloadLength) return true;
    this.fail(`payload of ${this.payloadLength} bytes, expected ${offset + size}`);
    return false;
  }
}

/** The messages of one datagram; a message that does not fit ends the list with an error. */
export function decodeMessages(datagram: Uint8Array): {
  readonly messages: readonly Message[];
  readonly error: string | undefined;
} {
  const messages: Message[] = [];
  let at = 0;
  while (at < datagram.length) {
    const left = datagram.length - at;
    if (left < HEADER_BYTES) return { messages, error: `${left} bytes after the last message` };
    const view = new DataView(datagram.buffer, datagram.byteOffset + at, left);
    const length = view.getUint32(0, true);
    if (length < HEADER_BYTES || length > left) {
      return { messages, error: `message of ${length} bytes where ${left} are left` };
    }
    messages.push(new Message(new DataView(datagram.buffer, datagram.byteOffset + at, length)));
    at += align4(length);
  }
  return { messages, error: undefined };
}
