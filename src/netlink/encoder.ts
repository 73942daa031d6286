import { ATTRIBUTE_HEADER_BYTES, align4, HEADER_BYTES, NLA } from "./constants.ts";

const utf8 = new TextEncoder();

/**
 * Writes netlink messages one after the other into one growing buffer. Numbers are in the
 * machine's byte order (little endian: Bun runs on no other) unless the method's name says `Be`.
 * The connection fills in sequence numbers.
 */
export class Encoder {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  /** Where the message being written starts; -1 before the first. */
  #message = -1;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Starts a message; the one before it, if any, is complete with this. */
  message(type: number, flags: number): this {
    this.#closeMessage();
    this.#message = this.#length;
    return this.u32(HEADER_BYTES).u16(type).u16(flags).u32(0).u32(0);
  }

  /** Sets further flags of the message being written. */
  addFlags(flags: number): this {
    if (this.#message < 0) throw new TypeError("No netlink message has been started");
    const at = this.#message + 6;
    this.#view.setUint16(at, this.#view.getUint16(at, true) | flags, true);
    return this;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
    return this;
  }
  u16Be(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, false);
    return this;
  }
  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  u32Be(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, false);
    return this;
  }
  i32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
    return this;
  }
  u64(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }
  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }
  /** Zero bytes: padding of fixed structures. */
  zeros(count: number): this {
    this.#reserve(count);
    return this;
  }

  attrU8(type: number, value: number): this {
    return this.#attribute(type, 1).u8(value).zeros(3);
  }
  attrU16(type: number, value: number): this {
    return this.#attribute(type, 2).u16(value).zeros(2);
  }
  attrU16Be(type: number, value: number): this {
    return this.#attribute(type, 2).u16Be(value).zeros(2);
  }
  attrU32(type: number, value: number): this {
    return this.#attribute(type, 4).u32(value);
  }
  attrU32Be(type: number, value: number): this {
    return this.#attribute(type, 4).u32Be(value);
  }
  attrI32(type: number, value: number): this {
    return this.#attribute(type, 4).i32(value);
  }
  attrU64(type: number, value: bigint): this {
    return this.#attribute(type, 8).u64(value);
  }
  attrBytes(type: number, value: Uint8Array): this {
    return this.#attribute(type, value.length)
      .bytes(value)
      .zeros(align4(value.length) - value.length);
  }
  /** A string with its closing NUL, as names are sent. */
  attrString(type: number, value: string): this {
    const bytes = utf8.encode(value);
    const length = bytes.length + 1;
    return this.#attribute(type, length)
      .bytes(bytes)
      .zeros(1 + align4(length) - length);
  }
  /** An attribute whose presence is its value. */
  attrFlag(type: number): this {
    return this.#attribute(type, 0);
  }

  /** An attribute that holds what `body` writes: attributes, after a fixed structure if need be. */
  nest(type: number, body: (encoder: this) => void): this {
    const start = this.#length;
    this.#attribute(type | NLA.F_NESTED, 0);
    body(this);
    const length = this.#length - start;
    if (length > 0xffff) throw new RangeError(`A netlink attribute of ${length} bytes is too long`);
    this.#view.setUint16(start, length, true);
    this.zeros(align4(length) - length);
    return this;
  }

  /** The messages written so far: a view that the next write may change. */
  finish(): Uint8Array {
    this.#closeMessage();
    return this.#bytes.subarray(0, this.#length);
  }

  #attribute(type: number, length: number): this {
    const total = ATTRIBUTE_HEADER_BYTES + length;
    if (total > 0xffff) throw new RangeError(`A netlink attribute of ${total} bytes is too long`);
    return this.u16(total).u16(type);
  }

  #closeMessage(): void {
    if (this.#message < 0) return;
    this.#view.setUint32(this.#message, this.#length - this.#message, true);
    // The last attribute's padding counts for its message, so only a bare payload is padded here.
    this.zeros(align4(this.#length) - this.#length);
    this.#message = -1;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }
}
