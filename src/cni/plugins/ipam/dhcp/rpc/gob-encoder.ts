import {
  FIRST_OWN_TYPE,
  GOB_BASIC,
  type GobSlice,
  type GobStruct,
  type GobType,
  type GobValue,
  WIRE_FIELD,
} from "./gob-types.ts";

/** Writes gob messages to one stream: each type is described before its first value. */
export class GobEncoder {
  readonly #ids = new Map<GobStruct | GobSlice, number>();

  /** The bytes of a struct, with the descriptions that the stream does not have yet. */
  encode(type: GobStruct, value: { readonly [field: string]: GobValue }): Uint8Array {
    const described: number[][] = [];
    const id = this.#describe(type, described);
    const body = [...signed(id)];
    writeStruct(body, type, value);
    return Buffer.concat(
      [...described, body].map((message) => Buffer.from([...unsigned(message.length), ...message])),
    );
  }

  #describe(type: GobType, messages: number[][]): number {
    if (typeof type === "string") return GOB_BASIC[type];
    const known = this.#ids.get(type);
    if (known !== undefined) return known;
    const id = FIRST_OWN_TYPE + this.#ids.size;
    this.#ids.set(type, id);
    // A description has a negative number, and stands before those of the types in it.
    const message = [...signed(-id)];
    const place = messages.push(message) - 1;
    messages[place] = [...message, ...this.#wireType(type, id, messages)];
    return id;
  }

  /** struct wireType with its one field that is not empty. */
  #wireType(type: GobStruct | GobSlice, id: number, messages: number[][]): number[] {
    const common = [1, ...text(type.name), 1, ...signed(id), 0];
    if (type.kind === "slice") {
      const element = this.#describe(type.element, messages);
      return [WIRE_FIELD.SLICE + 1, 1, ...common, 1, ...signed(element), 0, 0];
    }
    const fields = type.fields.map(({ name, type: fieldType }) => [
      ...[1, ...text(name)],
      ...[1, ...signed(this.#describe(fieldType, messages)), 0],
    ]);
    // A list without elements is a field that is left out.
    const list = fields.length === 0 ? [] : [1, ...unsigned(fields.length), ...fields.flat()];
    return [WIRE_FIELD.STRUCT + 1, 1, ...common, ...list, 0, 0];
  }
}

/** Fields by the distance to the one before; those with a zero value are left out; 0 ends it. */
function writeStruct(
  bytes: number[],
  type: GobStruct,
  value: { readonly [field: string]: GobValue },
): void {
  let last = -1;
  type.fields.forEach(({ name, type: fieldType }, i) => {
    const field = value[name];
    if (field === undefined || isZero(field)) return;
    bytes.push(i - last);
    writeValue(bytes, fieldType, field);
    last = i;
  });
  bytes.push(0);
}

function writeValue(bytes: number[], type: GobType, value: GobValue): void {
  if (type === "string" && typeof value === "string")
    writeBytes(bytes, new TextEncoder().encode(value));
  else if (type === "int" && typeof value === "number") bytes.push(...signed(value));
  else if (type === "uint" && typeof value === "number") bytes.push(...unsigned(value));
  else if (type === "bool" && typeof value === "boolean") bytes.push(value ? 1 : 0);
  else if (type === "bytes" && value instanceof Uint8Array) {
    writeBytes(bytes, value);
  } else if (typeof type === "object" && type.kind === "slice" && Array.isArray(value)) {
    bytes.push(...unsigned(value.length));
    for (const element of value) writeValue(bytes, type.element, element);
  } else if (typeof type === "object" && type.kind === "struct" && isStruct(value)) {
    writeStruct(bytes, type, value);
  } else {
    throw new TypeError(`Not a value of the type ${JSON.stringify(type)}`);
  }
}

/** Not as arguments of one call, of which there can only be so many. */
function writeBytes(bytes: number[], value: Uint8Array): void {
  bytes.push(...unsigned(value.length));
  for (const byte of value) bytes.push(byte);
}

/** A struct is never left out, be it empty: it says that something is there. */
function isZero(value: GobValue): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return value === "" || value === 0 || value === false;
}

function isStruct(value: GobValue): value is { readonly [field: string]: GobValue } {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Below 128 one byte; otherwise the complement of how many bytes follow, and these. */
function unsigned(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Not a count: ${value}`);
  if (value < 128) return [value];
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [256 - bytes.length, ...bytes];
}

/** The sign is the lowest bit; negative numbers are complemented. */
function signed(value: number): number[] {
  return unsigned(value < 0 ? -(value + 1) * 2 + 1 : value * 2);
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}
