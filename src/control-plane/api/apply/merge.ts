import { isObject, type Json, type JsonObject } from "../../objects/mod.ts";
import type { Shape } from "../../schema/mod.ts";
import type { FieldSet } from "./field-set.ts";
import { elementOf } from "./fields-of.ts";

const UNKNOWN: Shape = { is: "scalar" };

/** Lays an applied value over what is there, by its shape. */
export function mergeApplied(live: Json | undefined, applied: Json, shape: Shape): Json {
  if (shape.is === "struct" || shape.is === "map") {
    if (!isObject(applied) || !isObject(live)) return applied;
    const result: JsonObject = { ...live };
    for (const [name, value] of Object.entries(applied)) {
      if (value === undefined) continue;
      const inner =
        shape.is === "struct" ? (shape.fields.get(name)?.shape ?? UNKNOWN) : shape.values;
      result[name] = mergeApplied(live[name], value, inner);
    }
    return result;
  }
  if (shape.is === "keyed" || shape.is === "set") {
    if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
    return mergeItems(live, applied, shape);
  }
  return applied;
}

/** Items that are there keep their order; new ones come after them. */
function mergeItems(
  live: readonly Json[],
  applied: readonly Json[],
  shape: Extract<Shape, { is: "keyed" | "set" }>,
): Json[] {
  const wanted = new Map(applied.map((item) => [elementOf(item, shape), item] as const));
  const result = live.map((item) => {
    const element = elementOf(item, shape);
    const over = wanted.get(element);
    wanted.delete(element);
    return over === undefined ? item : mergeApplied(item, over, shape.items);
  });
  return [...result, ...wanted.values()];
}

/** Takes the members of a set out of a value; what is empty after that goes too. */
export function removeFields(value: Json, set: FieldSet, shape: Shape): Json | undefined {
  if (set.children.size === 0) return set.isMember ? undefined : value;
  if (isObject(value) && (shape.is === "struct" || shape.is === "map")) {
    const result: JsonObject = { ...value };
    for (const [element, child] of set.children) {
      const name = element.slice(2);
      const part = result[name];
      if (part === undefined) continue;
      const inner =
        shape.is === "struct" ? (shape.fields.get(name)?.shape ?? UNKNOWN) : shape.values;
      const rest = removeFields(part, child, inner);
      if (rest === undefined) delete result[name];
      else result[name] = rest;
    }
    return set.isMember && Object.keys(result).length === 0 ? undefined : result;
  }
  if (Array.isArray(value) && (shape.is === "keyed" || shape.is === "set")) {
    const result = value.flatMap((item) => {
      const child = set.children.get(elementOf(item, shape));
      if (child === undefined) return [item];
      // An item that nobody else has a part of goes as a whole.
      if (child.isMember) return [];
      return [removeFields(item, child, shape.items) ?? []].flat();
    });
    return result.length === 0 ? undefined : result;
  }
  return set.isMember ? undefined : value;
}
