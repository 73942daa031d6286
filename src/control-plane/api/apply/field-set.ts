import { isObject, type Json, type JsonObject } from "../../objects/mod.ts";

/**
 * A set of fields of an object, as managedFields writes it: a tree by path elements (`f:NAME`,
 * `k:{KEYS}`, `v:VALUE`), each of which may itself be a member.
 */
export interface FieldSet {
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY_SET: FieldSet = { isMember: false, children: new Map() };
export const LEAF: FieldSet = { isMember: true, children: new Map() };

/** True for a set without members. */
export function isEmpty({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0;
}

function combine(a: FieldSet, b: FieldSet, member: (a: boolean, b: boolean) => boolean): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const key of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(
      a.children.get(key) ?? EMPTY_SET,
      b.children.get(key) ?? EMPTY_SET,
      member,
    );
    if (!isEmpty(child)) children.set(key, child);
  }
  return { isMember: member(a.isMember, b.isMember), children };
}

/** What is in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA || inB);
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB);
}

/** What is in the first alone. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB);
}

/** What is in the first and neither in the second nor below a member of it. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isMember) return EMPTY_SET;
  const children = new Map<string, FieldSet>();
  for (const [key, child] of a.children) {
    const rest = differenceBelow(child, b.children.get(key) ?? EMPTY_SET);
    if (!isEmpty(rest)) children.set(key, rest);
  }
  return { isMember: a.isMember, children };
}

/** Every member, as its path of elements. */
export function* members(
  { isMember, children }: FieldSet,
  path: readonly string[] = [],
): Generator<readonly string[]> {
  if (isMember) yield path;
  for (const [key, child] of children) yield* members(child, [...path, key]);
}

/** The set as managedFields writes it. */
export function writeFieldSet({ isMember, children }: FieldSet): JsonObject {
  const written: JsonObject = {};
  if (isMember && children.size > 0) written["."] = {};
  const sorted = [...children].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, child] of sorted) written[key] = writeFieldSet(child);
  return written;
}

/** Reads what `writeFieldSet` has written. */
export function readFieldSet(written: Json | undefined, isRoot = true): FieldSet {
  if (!isObject(written)) return EMPTY_SET;
  const children = new Map<string, FieldSet>();
  for (const [key, value] of Object.entries(written)) {
    if (key !== ".") children.set(key, readFieldSet(value, false));
  }
  return { isMember: "." in written || (children.size === 0 && !isRoot), children };
}

/** A path as messages show it: `.spec.containers[name="a"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}

function printElement(element: string): string {
  const kind = element.slice(0, 2);
  const rest = element.slice(2);
  if (kind === "f:") return `.${rest}`;
  if (kind === "v:") return `[=${rest}]`;
  const keys: unknown = JSON.parse(rest);
  const parts = isObject(keys)
    ? Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    : [];
  return `[${parts.join(",")}]`;
}
