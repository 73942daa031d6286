import { isObject, type Json, type JsonObject } from "../../objects/mod.ts";
import type { Shape } from "../../schema/mod.ts";
import { EMPTY_SET, type FieldSet, isEmpty, LEAF } from "./field-set.ts";

const UNKNOWN: Shape = { is: "scalar" };

/** The fields that a value sets, by its shape. `marksNew`: also maps and optional structs themselves. */
export function fieldsOf(value: Json, shape: Shape, marksNew = false): FieldSet {
  switch (shape.is) {
    case "struct":
      return isObject(value) ? structFields(value, shape, marksNew) : LEAF;
    case "map":
      return isObject(value) ? mapFields(value, shape.values, marksNew) : LEAF;
    case "keyed":
    case "set":
      return Array.isArray(value) ? listFields(value, shape, marksNew) : LEAF;
    default:
      return LEAF;
  }
}

function structFields(
  value: JsonObject,
  { fields }: Extract<Shape, { is: "struct" }>,
  marksNew: boolean,
): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const field = fields.get(name);
    const set = fieldsOf(part, field?.shape ?? UNKNOWN, marksNew);
    const isNothing = part === null || (isObject(part) && Object.keys(part).length === 0);
    const isNew = marksNew && isObject(part) && !(field?.shape.is === "struct" && field.isAlways);
    const whole = isNothing || isNew ? { ...set, isMember: true } : set;
    if (!isEmpty(whole)) children.set(`f:${name}`, whole);
  }
  return { isMember: false, children };
}

function mapFields(value: JsonObject, values: Shape, marksNew: boolean): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) continue;
    children.set(`f:${name}`, { ...fieldsOf(part, values, marksNew), isMember: true });
  }
  return { isMember: false, children };
}

function listFields(
  list: readonly Json[],
  shape: Extract<Shape, { is: "keyed" | "set" }>,
  marksNew: boolean,
): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const item of list) {
    const inner = shape.is === "keyed" ? fieldsOf(item, shape.items, marksNew) : EMPTY_SET;
    children.set(elementOf(item, shape), { ...inner, isMember: true });
  }
  return { isMember: marksNew, children };
}

/** The path element of a list's item: its keys, or its value. */
export function elementOf(item: Json, shape: Extract<Shape, { is: "keyed" | "set" }>): string {
  if (shape.is === "set") return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  for (const key of [...shape.keys].sort()) {
    const value = isObject(item) ? item[key] : undefined;
    // A port's protocol is a key that has a default.
    const whole = value ?? (key === "protocol" ? "TCP" : undefined);
    if (whole !== undefined) keys[key] = whole;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** The part of a value at a path element, with its shape. */
export function partAt(
  value: Json | undefined,
  shape: Shape,
  element: string,
): { readonly value: Json | undefined; readonly shape: Shape } {
  if (element.startsWith("f:")) {
    const name = element.slice(2);
    const part = isObject(value) ? value[name] : undefined;
    if (shape.is === "struct")
      return { value: part, shape: shape.fields.get(name)?.shape ?? UNKNOWN };
    return { value: part, shape: shape.is === "map" ? shape.values : UNKNOWN };
  }
  if ((shape.is !== "keyed" && shape.is !== "set") || !Array.isArray(value)) {
    return { value: undefined, shape: UNKNOWN };
  }
  return { value: value.find((item) => elementOf(item, shape) === element), shape: shape.items };
}
