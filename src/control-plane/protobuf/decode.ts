import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Json, JsonObject } from "../objects/mod.ts";
import { definition, META, messageFields, refId, type Schema } from "../schema/mod.ts";

/** What starts every body of application/vnd.kubernetes.protobuf. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00] as const;

/** A body taken out of its envelope (runtime.Unknown). */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** Opens an envelope; undefined for bytes that are none. Throws RangeError where it is cut. */
export function openEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return undefined;
  const reader = new BinaryReader(bytes.subarray(MAGIC.length));
  let type = { apiVersion: "", kind: "" };
  let raw: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) type = readTypeMeta(reader.bytes());
    else if (number === 2) raw = reader.bytes();
    else reader.skip(wire);
  }
  return { ...type, raw };
}

function readTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const [, apiVersion = "", kind = ""] = readTexts(bytes);
  return { apiVersion, kind };
}

/** The text fields of a message, by number. */
function readTexts(bytes: Uint8Array): readonly (string | undefined)[] {
  const reader = new BinaryReader(bytes);
  const texts: (string | undefined)[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) texts[number] = reader.string();
    else reader.skip(wire);
  }
  return texts;
}

/** Reads a message as the JSON that it stands for; fields that are unknown here are left out. */
export function decodeMessage(id: string, bytes: Uint8Array): JsonObject {
  const result: JsonObject = {};
  readInto(result, id, bytes);
  return result;
}

function readInto(
  result: JsonObject,
  id: string,
  bytes: Uint8Array,
  properties = definition(id)?.properties ?? {},
): void {
  const fields = messageFields(id, properties);
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wire);
    else if (field.is === "part") readInto(result, field.id, reader.bytes(), properties);
    else readField(result, field, reader);
  }
}

function readField(
  result: JsonObject,
  {
    name,
    schema,
    empty,
  }: { readonly name: string; readonly schema: Schema; readonly empty: string },
  reader: BinaryReader,
): void {
  if (schema.type === "array" && schema.items !== undefined) {
    const list = result[name];
    const value = readValue(schema.items, reader);
    result[name] = [...(Array.isArray(list) ? list : []), value];
  } else if (schema.additionalProperties !== undefined) {
    const map = result[name];
    const [key, value] = readEntry(schema.additionalProperties, reader.bytes());
    result[name] = { ...(typeof map === "object" ? map : {}), [key]: value };
  } else {
    const value = readValue(schema, reader);
    const isZero = value === "" || value === 0 || value === false;
    if (value === null || (isZero && empty === "absent")) return;
    result[name] = value;
  }
}

/** One entry of a map: a message with a key and a value. */
function readEntry(schema: Schema, bytes: Uint8Array): readonly [string, Json] {
  const reader = new BinaryReader(bytes);
  let key = "";
  let value: Json = emptyValue(schema);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2)
      value =
        schema.type === "array" ? readItems(schema, reader.bytes()) : readValue(schema, reader);
    else reader.skip(wire);
  }
  return [key, value];
}

/** A list as the value of a map is a message of its own. */
function readItems({ items = {} }: Schema, bytes: Uint8Array): Json[] {
  const reader = new BinaryReader(bytes);
  const list: Json[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) list.push(readValue(items, reader));
    else reader.skip(wire);
  }
  return list;
}

function emptyValue({ type }: Schema): Json {
  if (type === "array") return [];
  return type === "integer" ? 0 : type === "boolean" ? false : "";
}

function readValue(schema: Schema, reader: BinaryReader): Json {
  const id = refId(schema);
  if (id !== undefined) return readNamed(id, reader);
  switch (schema.type) {
    case "integer":
      return Number(reader.int64());
    case "number":
      return reader.double();
    case "boolean":
      return reader.bool();
    case "string":
      return schema.format === "byte"
        ? Buffer.from(reader.bytes()).toString("base64")
        : reader.string();
    default:
      return readJsonText(reader.bytes());
  }
}

function readNamed(id: string, reader: BinaryReader): Json {
  switch (id) {
    case META.time:
    case META.microTime:
      return readTime(reader.bytes(), id === META.microTime);
    case META.quantity:
      return readTexts(reader.bytes())[1] ?? "0";
    case META.intOrString:
      return readIntOrString(reader.bytes());
    case META.fieldsV1:
    case META.rawExtension:
      return readRaw(reader.bytes());
    default:
      return decodeMessage(id, reader.bytes());
  }
}

/** Seconds and nanoseconds; null for a time that is not set. */
function readTime(bytes: Uint8Array, hasMicros: boolean): Json {
  if (bytes.length === 0) return null;
  const reader = new BinaryReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) seconds = Number(reader.int64());
    else if (number === 2) nanos = reader.int32();
    else reader.skip(wire);
  }
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const micros = String(Math.floor(nanos / 1000)).padStart(6, "0");
  return hasMicros ? `${whole}.${micros}Z` : `${whole}Z`;
}

function readIntOrString(bytes: Uint8Array): Json {
  const reader = new BinaryReader(bytes);
  let isText = false;
  let number = 0;
  let text = "";
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) isText = Number(reader.int64()) === 1;
    else if (field === 2) number = reader.int32();
    else if (field === 3) text = reader.string();
    else reader.skip(wire);
  }
  return isText ? text : number;
}

/** JSON inside of a message: the text is its only field. */
function readRaw(bytes: Uint8Array): Json {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) return readJsonText(reader.bytes());
    reader.skip(wire);
  }
  return null;
}

function readJsonText(bytes: Uint8Array): Json {
  // cast: JSON.parse gives JSON values alone
  return bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Json);
}
