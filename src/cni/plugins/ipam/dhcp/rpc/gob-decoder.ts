import { FIRST_OWN_TYPE, GOB_BASIC, type GobValue } from "./gob-types.ts";

/** A type that the stream has described. Kinds that no message here has are not read. */
type WireType =
  | { readonly kind: "slice"; readonly element: number }
  | { readonly kind: "struct"; readonly fields: readonly { name: string; type: number }[] };

/** Anything bigger is no message of this daemon. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 16;

/** Why a stream cannot be read any further. */
export class GobError extends Error {}

/** Reads gob messages of one stream. Throws GobError for what is malformed, and for good. */
export class GobDecoder {
  #buffer = new Uint8Array();
  readonly #types = new Map<number, WireType>();

  /** Takes what has come. */
  push(bytes: Uint8Array): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    if (this.#buffer.length > 2 * MAX_MESSAGE_BYTES) throw new GobError("too much without an end");
  }

  /** The next struct that came as a whole; undefined while there is none. */
  next(): { readonly [field: string]: GobValue } | undefined {
    for (;;) {
      const message = this.#nextMessage();
      if (message === undefined) return undefined;
      const id = message.signed();
      if (id >= 0) {
        const value = this.#value(message, id, 0);
        if (!isStruct(value)) throw new GobError("a message that is no struct");
        return value;
      }
      this.#types.set(-id, readWireType(message));
    }
  }

  #nextMessage(): Reader | undefined {
    const head = new Reader(this.#buffer);
    const length = head.tryUnsigned();
    if (length === undefined) return undefined;
    if (length > MAX_MESSAGE_BYTES) throw new GobError(`a message of ${length} bytes`);
    const end = head.at + length;
    if (this.#buffer.length < end) return undefined;
    const message = new Reader(this.#buffer.subarray(head.at, end));
    this.#buffer = this.#buffer.subarray(end);
    return message;
  }

  #value(reader: Reader, id: number, depth: number): GobValue {
    if (depth > MAX_DEPTH) throw new GobError("a value in too many others");
    switch (id) {
      case GOB_BASIC.bool:
        return reader.unsigned() !== 0;
      case GOB_BASIC.int:
        return reader.signed();
      case GOB_BASIC.uint:
        return reader.unsigned();
      case GOB_BASIC.bytes:
        return reader.bytes().slice();
      case GOB_BASIC.string:
        return reader.text();
    }
    const type = this.#types.get(id);
    if (type === undefined) throw new GobError(`a value of the unknown type ${id}`);
    if (type.kind === "struct") return this.#struct(reader, type.fields, depth);
    const count = reader.unsigned();
    // Each element has at least one byte.
    if (count > reader.left) throw new GobError("a list that is longer than its message");
    return Array.from({ length: count }, () => this.#value(reader, type.element, depth + 1));
  }

  #struct(
    reader: Reader,
    fields: readonly { readonly name: string; readonly type: number }[],
    depth: number,
  ): { readonly [field: string]: GobValue } {
    const value: Record<string, GobValue> = {};
    for (let i = -1; ; ) {
      const step = reader.unsigned();
      if (step === 0) return value;
      i += step;
      const field = fields[i];
      if (field === undefined) throw new GobError("a field that its type does not have");
      value[field.name] = this.#value(reader, field.type, depth + 1);
    }
  }
}

function isStruct(value: GobValue): value is { readonly [field: string]: GobValue } {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** struct wireType: of its fields (array, slice, struct, map ...) one is there. */
function readWireType(reader: Reader): WireType {
  const which = reader.unsigned();
  if (which === 2) {
    let element = 0;
    readFields(reader, {
      1: () => readFields(reader, commonType(reader)),
      2: () => {
        element = reader.signed();
      },
    });
    return { kind: "slice", element };
  }
  if (which !== 3) throw new GobError(`a type of kind ${which}`);
  const fields: { name: string; type: number }[] = [];
  readFields(reader, {
    1: () => readFields(reader, commonType(reader)),
    2: () => {
      const count = reader.unsigned();
      if (count > reader.left) throw new GobError("a type that is longer than its message");
      for (let i = 0; i < count; i++) fields.push(readFieldType(reader));
    },
  });
  return { kind: "struct", fields };
}

/** The name and number of a type: known, or not of interest. */
function commonType(reader: Reader): Readonly<Record<number, () => void>> {
  return { 1: () => void reader.text(), 2: () => void reader.signed() };
}

function readFieldType(reader: Reader): { name: string; type: number } {
  const field = { name: "", type: FIRST_OWN_TYPE };
  readFields(reader, {
    1: () => {
      field.name = reader.text();
    },
    2: () => {
      field.type = reader.signed();
    },
  });
  return field;
}

/** Reads a struct of the description, whose fields are known, by their numbers from 1. */
function readFields(reader: Reader, readers: Readonly<Record<number, () => void>>): void {
  for (let number = 0; ; ) {
    const step = reader.unsigned();
    if (step === 0) return;
    number += step;
    const read = readers[number];
    if (read === undefined) throw new GobError("a description with an unknown field");
    read();
  }
}

/** Reads one message from its start to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** A number that may not have come as a whole yet. */
  tryUnsigned(): number | undefined {
    const first = this.#bytes[this.at];
    if (first === undefined) return undefined;
    const count = first < 128 ? 0 : 256 - first;
    if (count > 8) throw new GobError(`a number of ${count} bytes`);
    if (this.left < 1 + count) return undefined;
    this.at++;
    if (count === 0) return first;
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 256 + (this.#bytes[this.at++] ?? 0);
    if (!Number.isSafeInteger(value)) throw new GobError("a number that is too big");
    return value;
  }

  unsigned(): number {
    const value = this.tryUnsigned();
    if (value === undefined) throw new GobError("a message that is cut off");
    return value;
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -((value - 1) / 2) - 1 : value / 2;
  }

  bytes(): Uint8Array {
    const length = this.unsigned();
    if (length > this.left) throw new GobError("a message that is cut off");
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}
