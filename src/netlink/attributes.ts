import { ATTRIBUTE_HEADER_BYTES, align4, NLA } from "./constants.ts";

const utf8 = new TextDecoder();

/** Where attributes put the first thing that is wrong with them. */
export interface ErrorSink {
  readonly error: string | undefined;
  fail(what: string): void;
}

/**
 * Walks over the attributes of a message or of a nest: `while (a.next()) switch (a.type) ...`.
 * A malformed attribute ends the walk, a value of the wrong size reads as zero; both are kept in
 * the message's `error`.
 */
export class Attributes {
  readonly #view: DataView;
  readonly #sink: ErrorSink;
  readonly #end: number;
  #next: number;
  #start = 0;
  #length = 0;
  #rawType = 0;

  constructor(view: DataView, start: number, end: number, sink: ErrorSink) {
    this.#view = view;
    this.#next = start;
    this.#end = end;
    this.#sink = sink;
  }

  /** The attributes in bytes that bytes() gave, to be read later; what is wrong there is passed over. */
  static of(bytes: Uint8Array): Attributes {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let error: string | undefined;
    return new Attributes(view, 0, bytes.length, {
      get error() {
        return error;
      },
      fail: (what) => {
        error ??= what;
      },
    });
  }

  /** Steps to the next attribute; false at the end or where the rest is malformed. */
  next(): boolean {
    const left = this.#end - this.#next;
    if (left < ATTRIBUTE_HEADER_BYTES) {
      if (left > 0) this.#sink.fail(`${left} bytes after the last attribute`);
      return false;
    }
    const length = this.#view.getUint16(this.#next, true);
    if (length < ATTRIBUTE_HEADER_BYTES || length > left) {
      this.#sink.fail(`attribute of ${length} bytes where ${left} are left`);
      this.#next = this.#end;
      return false;
    }
    this.#rawType = this.#view.getUint16(this.#next + 2, true);
    this.#start = this.#next + ATTRIBUTE_HEADER_BYTES;
    this.#length = length - ATTRIBUTE_HEADER_BYTES;
    // The last attribute's padding may be missing.
    this.#next = Math.min(this.#next + align4(length), this.#end);
    return true;
  }

  /** The present attribute's type, without the nested and byte order bits. */
  get type(): number {
    return this.#rawType & NLA.TYPE_MASK;
  }
  /** The type field as it came: lists of other structures (rtnexthop) keep something else there. */
  get rawType(): number {
    return this.#rawType;
  }
  /** The present attribute's length in bytes, without its header. */
  get length(): number {
    return this.#length;
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#start) : 0;
  }
  u16(): number {
    return this.#has(2) ? this.#view.getUint16(this.#start, true) : 0;
  }
  u16Be(): number {
    return this.#has(2) ? this.#view.getUint16(this.#start, false) : 0;
  }
  u32(): number {
    return this.#has(4) ? this.#view.getUint32(this.#start, true) : 0;
  }
  u32Be(): number {
    return this.#has(4) ? this.#view.getUint32(this.#start, false) : 0;
  }
  i32(): number {
    return this.#has(4) ? this.#view.getInt32(this.#start, true) : 0;
  }
  u64(): bigint {
    return this.#has(8) ? this.#view.getBigUint64(this.#start, true) : 0n;
  }

  u64Be(): bigint {
    return this.#has(8) ? this.#view.getBigUint64(this.#start, false) : 0n;
  }

  /** The value up to its NUL, or whole where it has none. */
  string(): string {
    const bytes = this.#bytes();
    const nul = bytes.indexOf(0);
    return utf8.decode(nul === -1 ? bytes : bytes.subarray(0, nul));
  }

  /** A copy of the value. */
  bytes(): Uint8Array {
    return this.#bytes().slice();
  }

  /** The attributes inside of this one, after `fixedLength` bytes of a structure. */
  nested(fixedLength = 0): Attributes {
    const start = this.#start + align4(fixedLength);
    const end = this.#start + this.#length;
    if (start > end) this.#sink.fail(`nest of ${this.#length} bytes, expected ${fixedLength}`);
    return new Attributes(this.#view, Math.min(start, end), end, this.#sink);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#start, this.#length);
  }

  #has(size: number): boolean {
    if (this.#length >= size) return true;
    this.#sink.fail(`attribute ${this.type} of ${this.#length} bytes, expected ${size}`);
    return false;
  }
}
