import { isObject, type Json, type JsonObject, refusals } from "../../objects/mod.ts";
import type { FieldShape, Shape } from "../../schema/mod.ts";

const DIRECTIVE = "$patch";
const RETAIN = "$retainKeys";
const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/** A strategic merge patch: lists of objects are merged by the key that their schema names. */
export function applyStrategicPatch(
  target: Json | undefined,
  patch: JsonObject,
  shape: Shape,
): JsonObject {
  const { [DIRECTIVE]: directive, [RETAIN]: retain, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") {
    throw refusals.badRequest(`Unknown patch type found: ${String(directive)}`);
  }
  const result: JsonObject = isObject(target) ? { ...target } : {};
  if (Array.isArray(retain)) {
    for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith(DELETE_FROM)) removeItems(result, key.slice(DELETE_FROM.length), value);
    else if (key.startsWith(ORDER) || value === undefined) continue;
    else if (value === null) delete result[key];
    else result[key] = mergeField(result[key], value, fieldOf(shape, key));
  }
  for (const [key, order] of listOrders(rest)) {
    const list = result[key];
    if (!Array.isArray(list)) continue;
    const { [key]: before } = isObject(target) ? target : {};
    const names = itemNames(fieldOf(shape, key));
    result[key] = orderItems(list, { order, before: Array.isArray(before) ? before : [], names });
  }
  return result;
}

/** The lists whose order a patch says something about: by directive, or by the items that it has. */
function* listOrders(patch: JsonObject): Generator<readonly [string, readonly Json[]]> {
  for (const [key, value] of Object.entries(patch)) {
    if (!Array.isArray(value)) continue;
    if (key.startsWith(ORDER)) yield [key.slice(ORDER.length), value];
    else if (!key.startsWith("$") && patch[`${ORDER}${key}`] === undefined) yield [key, value];
  }
}

const NO_FIELD: FieldShape = { shape: { is: "scalar" }, patch: "", isAlways: false };

function fieldOf(shape: Shape, key: string): FieldShape {
  const inner = shape.is === "atomic" ? shape.inner : shape;
  if (inner.is === "struct") return inner.fields.get(key) ?? NO_FIELD;
  return inner.is === "map" ? { ...NO_FIELD, shape: inner.values } : NO_FIELD;
}

function mergeField(before: Json | undefined, value: Json, field: FieldShape): Json {
  if (Array.isArray(value)) return mergeList(Array.isArray(before) ? before : [], value, field);
  if (!isObject(value)) return value;
  return applyStrategicPatch(before, value, field.shape);
}

function mergeList(before: readonly Json[], patch: readonly Json[], field: FieldShape): Json[] {
  const { strategy, key } = patchOf(field);
  if (!strategy.includes("merge")) return patch.map(stripDirectives);
  if (key === undefined) return [...before, ...patch.filter((item) => !before.includes(item))];
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === "replace")) {
    return patch.filter((item) => isObject(item) && item[DIRECTIVE] !== "replace");
  }
  const items = itemShape(field.shape);
  const result = [...before];
  for (const item of patch) {
    if (!isObject(item)) continue;
    if (item[key] === undefined) {
      throw refusals.badRequest(
        `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`,
      );
    }
    const at = result.findIndex((old) => isObject(old) && old[key] === item[key]);
    if (item[DIRECTIVE] === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = applyStrategicPatch(result[at], item, items);
    else result.push(applyStrategicPatch({}, item, items));
  }
  return result;
}

function patchOf({ patch }: FieldShape): {
  readonly strategy: readonly string[];
  readonly key: string | undefined;
} {
  const [strategies = "", key] = patch.split(" ");
  return { strategy: strategies.split(","), key };
}

function itemShape(shape: Shape): Shape {
  const inner = shape.is === "atomic" ? shape.inner : shape;
  return inner.is === "keyed" || inner.is === "list" || inner.is === "set" ? inner.items : inner;
}

function stripDirectives(item: Json): Json {
  if (!isObject(item)) return item;
  const { [DIRECTIVE]: _, ...rest } = item;
  return rest;
}

function removeItems(result: JsonObject, key: string, items: Json | undefined): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(items)) return;
  result[key] = list.filter((item) => !items.includes(item));
}

/** By what the items of a list are told apart; undefined where they are not merged. */
function itemNames(field: FieldShape): ((item: Json) => Json | undefined) | undefined {
  const { strategy, key } = patchOf(field);
  if (!strategy.includes("merge")) return undefined;
  return (item) => (key !== undefined && isObject(item) ? item[key] : item);
}

/**
 * Items that the patch names come in its order, the others in theirs; one of the others comes first
 * only where it was before the one of the patch.
 */
function orderItems(
  list: readonly Json[],
  {
    order,
    before,
    names,
  }: {
    readonly order: readonly Json[];
    readonly before: readonly Json[];
    readonly names: ((item: Json) => Json | undefined) | undefined;
  },
): Json[] {
  if (names === undefined) return [...list];
  const wanted = order.map(names);
  const was = before.map(names);
  const named = list
    .filter((item) => wanted.includes(names(item)))
    .sort((a, b) => wanted.indexOf(names(a)) - wanted.indexOf(names(b)));
  const others = list.filter((item) => !wanted.includes(names(item)));
  const result: Json[] = [];
  for (let next = others.shift(); next !== undefined || named.length > 0; ) {
    const [first] = named;
    const from = next === undefined ? -1 : was.indexOf(names(next));
    const to = first === undefined ? -1 : was.indexOf(names(first));
    const isOtherNext =
      next !== undefined && (first === undefined || (to >= 0 && from >= 0 && from < to));
    if (isOtherNext && next !== undefined) {
      result.push(next);
      next = others.shift();
    } else result.push(...named.splice(0, 1));
  }
  return result;
}
