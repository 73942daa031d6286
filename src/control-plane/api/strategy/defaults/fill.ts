import { isObject, type Json, type JsonObject } from "../../../objects/mod.ts";

/** Sets what is missing; an empty text counts as missing, as it does on the wire. */
export function fill(object: JsonObject, defaults: Readonly<Record<string, Json>>): void {
  for (const [key, value] of Object.entries(defaults)) {
    const given = object[key];
    if (given === undefined || given === null || given === "") object[key] = value;
  }
}

/** The object below a key, for changing in place; undefined where there is none. */
export function inside(object: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = object?.[key];
  return isObject(value) ? value : undefined;
}

/** The object below a key, made where it is missing. */
export function made(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (isObject(value)) return value;
  const fresh: JsonObject = {};
  object[key] = fresh;
  return fresh;
}

/** The objects of the list below a key, for changing in place. */
export function each(object: JsonObject | undefined, key: string): readonly JsonObject[] {
  const list = object?.[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}
