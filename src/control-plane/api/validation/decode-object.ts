import { parseQuantity } from "../../../base/mod.ts";
import { isObject, type Json, type JsonObject } from "../../objects/mod.ts";
import { definition, META, refId, type Schema } from "../../schema/mod.ts";

/** An object as its schema has it, and what did not fit. */
export interface Decoded {
  readonly value: JsonObject;
  /** Paths of fields that the schema does not have; they are left out. */
  readonly unknown: readonly string[];
  /** Why it cannot be read at all; undefined where it can. */
  readonly wrong: string | undefined;
}

interface Notes {
  readonly unknown: string[];
  wrong: string | undefined;
}

/** Reads an object by its schema: unknown fields and nulls are left out, wrong types are named. */
export function decodeObject(id: string, object: JsonObject): Decoded {
  const notes: Notes = { unknown: [], wrong: undefined };
  const value = decodeStruct(id, object, { path: "", owner: "", notes });
  return { value, unknown: notes.unknown, wrong: notes.wrong };
}

interface At {
  readonly path: string;
  /** The name of the type whose field this is: messages begin with it. */
  readonly owner: string;
  readonly notes: Notes;
}

function decodeStruct(id: string, object: JsonObject, { path, notes }: At): JsonObject {
  const properties = definition(id)?.properties;
  if (properties === undefined) return object;
  const result: JsonObject = {};
  const owner = id.split(".").at(-1) ?? "";
  for (const [name, value] of Object.entries(object)) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const at = path === "" ? name : `${path}.${name}`;
    if (schema === undefined) notes.unknown.push(at);
    else if (value !== null && value !== undefined) {
      result[name] = decodeValue(schema, value, { path: at, owner, notes });
    }
  }
  return result;
}

function decodeValue(schema: Schema, value: Json, at: At): Json {
  const id = refId(schema);
  if (id !== undefined) return decodeNamed(id, value, at);
  if (schema.type === "array") {
    if (!Array.isArray(value)) return wrong(value, "list", at);
    const { items = {} } = schema;
    return value.map((item, index) =>
      item === null ? item : decodeValue(items, item, { ...at, path: `${at.path}[${index}]` }),
    );
  }
  if (schema.additionalProperties !== undefined) {
    if (!isObject(value)) return wrong(value, "map", at);
    const values = schema.additionalProperties;
    const entries = Object.entries(value).flatMap(([key, one]) =>
      one === undefined || one === null
        ? []
        : [[key, decodeValue(values, one, { ...at, path: `${at.path}.${key}` })] as const],
    );
    return Object.fromEntries(entries);
  }
  return decodeScalar(schema, value, at);
}

function decodeScalar({ type, format }: Schema, value: Json, at: At): Json {
  const fits =
    (type === "string" && typeof value === "string") ||
    (type === "boolean" && typeof value === "boolean") ||
    (type === "integer" && typeof value === "number" && Number.isInteger(value)) ||
    (type === "number" && typeof value === "number") ||
    type === "object" ||
    type === undefined;
  return fits ? value : wrong(value, goType(type, format), at);
}

function decodeNamed(id: string, value: Json, at: At): Json {
  switch (id) {
    case META.time:
    case META.microTime:
      if (typeof value === "string" && !Number.isNaN(Date.parse(value))) return value;
      return value === "" ? value : wrong(value, "time", at);
    case META.quantity:
      return decodeQuantity(value, at);
    case META.intOrString:
      return typeof value === "number" || typeof value === "string"
        ? value
        : wrong(value, "integer or string", at);
    case META.fieldsV1:
    case META.rawExtension:
      return value;
    default:
      return isObject(value) ? decodeStruct(id, value, at) : wrong(value, "object", at);
  }
}

/** A number is a quantity as well, and is stored as its text. */
function decodeQuantity(value: Json, at: At): Json {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return wrong(value, "quantity", at);
  if (parseQuantity(value) === undefined) {
    at.notes.wrong ??=
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }
  return value;
}

const GO_TYPES: Readonly<Record<string, string>> = {
  object: "object",
  boolean: "bool",
  string: "string",
  number: "number",
};

/** A type as Go calls it, because upstream's messages do. */
function goType(type: Schema["type"], format: string | undefined): string {
  if (type === "integer") return format ?? "int32";
  return GO_TYPES[type ?? "object"] ?? "object";
}

function wrong(value: Json, wanted: string, { path, owner, notes }: At): Json {
  const found = Array.isArray(value) ? "array" : (GO_TYPES[typeof value] ?? typeof value);
  notes.wrong ??= `json: cannot unmarshal ${found} into Go struct field ${owner}.${path} of type ${wanted}`;
  return value;
}
