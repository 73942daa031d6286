/** The types of messages (D-Bus specification, "Message Types"). */
export const MESSAGE = { call: 1, return: 2, error: 3, signal: 4 } as const;

/** Values of a body: of all types only texts, truth values and numbers of 32 bits. */
export type BodyValue = string | boolean | number;

/** A message of D-Bus, as far as calls and their answers need it. */
export interface DbusMessage {
  readonly type: number;
  readonly serial: number;
  readonly replySerial?: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly destination?: string;
  readonly sender?: string;
  /** The types of the body's values: `s` texts, `b` truth values, `u` numbers. */
  readonly signature?: string;
  readonly body: readonly BodyValue[];
}

/** Header fields: their numbers and types (D-Bus specification, "Header Fields"). */
const FIELDS = {
  path: [1, "o"],
  interface: [2, "s"],
  member: [3, "s"],
  errorName: [4, "s"],
  replySerial: [5, "u"],
  destination: [6, "s"],
  sender: [7, "s"],
  signature: [8, "g"],
} as const;
type Field = keyof typeof FIELDS;

const LITTLE_ENDIAN = 0x6c;
/** Byte order, type, flags and version, then three numbers: body, serial, length of the fields. */
const FIXED_BYTES = 16;
/** The specification's limit: no answer comes near it. */
const MAX_BYTES = 2 ** 27;

/** A message as it goes over the socket, in little endian. */
export function encodeMessage(message: DbusMessage): Uint8Array {
  const body = new Writer();
  for (const [i, type] of [...(message.signature ?? "")].entries()) {
    body.value(type, message.body[i] ?? "");
  }
  const fields = new Writer();
  // cast: the keys of FIELDS.
  for (const name of Object.keys(FIELDS) as Field[]) {
    const value = message[name];
    if (value === undefined || value === "") continue;
    const [number, type] = FIELDS[name];
    fields.align(8).u8(number).value("g", type).value(type, value);
  }
  const whole = new Writer();
  whole.u8(LITTLE_ENDIAN).u8(message.type).u8(0).u8(1);
  whole.u32(body.length).u32(message.serial).u32(fields.length);
  return whole.bytes(fields.finish()).align(8).bytes(body.finish()).finish();
}

/** A message from the start of some bytes, with its length; undefined where it is not whole yet. */
export function decodeMessage(
  bytes: Uint8Array,
): { readonly message: DbusMessage; readonly length: number } | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const isLittle = bytes[0] === LITTLE_ENDIAN;
  const fixed = new Reader(bytes, isLittle, 4);
  const bodyLength = fixed.u32();
  const serial = fixed.u32();
  const fieldsEnd = FIXED_BYTES + fixed.u32();
  const start = (fieldsEnd + 7) & ~7;
  const length = start + bodyLength;
  if (length > MAX_BYTES) throw new RangeError(`A D-Bus message of ${length} bytes is too long`);
  if (bytes.length < length) return undefined;
  const fields: Record<string, BodyValue> = {};
  const reader = new Reader(bytes, isLittle, FIXED_BYTES);
  while (reader.at < fieldsEnd) {
    reader.align(8);
    const number = reader.u8();
    const value = reader.value(reader.text("g"));
    const name = Object.entries(FIELDS).find(([, [one]]) => one === number)?.[0];
    if (name !== undefined) fields[name] = value;
  }
  const body = new Reader(bytes, isLittle, start);
  const signature = String(fields["signature"] ?? "");
  // What follows something that is not understood cannot be read either.
  const known = /^[sogbu]*/.exec(signature)?.[0] ?? "";
  const values = [...known].map((type) => body.value(type));
  // cast: each field was read as its type.
  const message = { ...fields, type: bytes[1] ?? 0, serial, body: values } as DbusMessage;
  return { message, length };
}

class Writer {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }
  align(size: number): this {
    while (this.#bytes.length % size !== 0) this.#bytes.push(0);
    return this;
  }
  u8(value: number): this {
    this.#bytes.push(value & 0xff);
    return this;
  }
  u32(value: number): this {
    this.align(4);
    for (let shift = 0; shift < 32; shift += 8) this.u8(value >>> shift);
    return this;
  }
  bytes(value: Uint8Array): this {
    this.#bytes.push(...value);
    return this;
  }
  value(type: string, value: BodyValue): this {
    if (type === "u") return this.u32(Number(value));
    if (type === "b") return this.u32(value === true ? 1 : 0);
    const text = new TextEncoder().encode(String(value));
    if (type === "g") this.u8(text.length);
    else this.u32(text.length);
    return this.bytes(text).u8(0);
  }
  finish(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;
  at: number;

  constructor(bytes: Uint8Array, isLittle: boolean, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
    this.at = at;
  }
  align(size: number): void {
    this.at = Math.ceil(this.at / size) * size;
  }
  u8(): number {
    return this.#view.getUint8(this.at++);
  }
  u32(): number {
    this.align(4);
    const value = this.#view.getUint32(this.at, this.#isLittle);
    this.at += 4;
    return value;
  }
  value(type: string): BodyValue {
    if (type === "u") return this.u32();
    if (type === "b") return this.u32() !== 0;
    return this.text(type);
  }
  text(type: string): string {
    const length = type === "g" ? this.u8() : this.u32();
    const start = this.at;
    this.at += length + 1;
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }
}
