import { definition, fieldFacts, META, refId } from "./definitions.ts";
import type { Schema } from "./schema.ts";

/** How a value is made of parts, as merging sees it. */
export type Shape =
  | { readonly is: "scalar" }
  /** Replaced as a whole by server-side apply; what it is made of, for patches. */
  | { readonly is: "atomic"; readonly inner: Shape }
  | {
      readonly is: "struct";
      readonly id: string;
      readonly fields: ReadonlyMap<string, FieldShape>;
    }
  | { readonly is: "map"; readonly values: Shape }
  /** A list of objects that are told apart by keys. */
  | { readonly is: "keyed"; readonly keys: readonly string[]; readonly items: Shape }
  | { readonly is: "set"; readonly items: Shape }
  /** A list that nothing tells the items of apart. */
  | { readonly is: "list"; readonly items: Shape };

/** A field of a struct. */
export interface FieldShape {
  readonly shape: Shape;
  /** The strategic merge patch of the field: `merge KEY`, `retainKeys`, `merge`; empty without one. */
  readonly patch: string;
  /** A struct that is there even where nothing is set in it. */
  readonly isAlways: boolean;
}

const SCALAR: Shape = { is: "scalar" };
const LEAVES: ReadonlySet<string> = new Set([
  META.time,
  META.microTime,
  META.quantity,
  META.intOrString,
]);
const KNOWN = new Map<string, Shape>();

/** The shape of a definition. */
export function shapeOf(id: string): Shape {
  if (LEAVES.has(id)) return SCALAR;
  const known = KNOWN.get(id);
  if (known !== undefined) return known;
  const fields = new Map<string, FieldShape>();
  const struct: Shape = { is: "struct", id, fields };
  const isAtomic =
    fieldFacts(id)?.atomic === true || id === META.fieldsV1 || id === META.rawExtension;
  const shape: Shape = isAtomic ? { is: "atomic", inner: struct } : struct;
  // Before its fields: a definition may lead back to itself.
  KNOWN.set(id, shape);
  const facts = mergeFacts(id);
  for (const [name, schema] of Object.entries(definition(id)?.properties ?? {})) {
    const { list = "", patch = "", isAlways } = facts.get(name) ?? { isAlways: false };
    fields.set(name, { shape: schemaShape(schema, list), patch, isAlways });
  }
  return shape;
}

function schemaShape(schema: Schema, list: string): Shape {
  const id = refId(schema);
  const [kind = "", ...keys] = list.split(" ");
  const atomic = (inner: Shape): Shape =>
    kind === "atomic" && inner.is !== "atomic" ? { is: "atomic", inner } : inner;
  if (id !== undefined) return atomic(shapeOf(id));
  if (schema.type === "array") {
    const items = schemaShape(schema.items ?? {}, "");
    if (kind === "map") return { is: "keyed", keys, items };
    if (kind === "set") return { is: "set", items };
    return { is: "atomic", inner: { is: "list", items } };
  }
  if (schema.additionalProperties !== undefined) {
    return atomic({ is: "map", values: schemaShape(schema.additionalProperties, "") });
  }
  return schema.type === "object" ? { is: "atomic", inner: SCALAR } : SCALAR;
}

interface Facts {
  readonly list?: string;
  readonly patch?: string;
  readonly isAlways: boolean;
}

/** What is known of a definition's fields, those of its parts included. */
function mergeFacts(id: string): ReadonlyMap<string, Facts> {
  const found = new Map<string, Facts>();
  const { numbers = "", lists = {}, merges = {} } = fieldFacts(id) ?? {};
  for (const word of numbers.split(" ")) {
    const [, name = "", mark, part] = /^(\w+)=\d+([*!]?)(?:@(.+))?$/.exec(word) ?? [];
    if (part !== undefined) for (const [key, value] of mergeFacts(part)) found.set(key, value);
    const { [name]: list } = lists;
    const { [name]: patch } = merges;
    found.set(name, {
      ...(list === undefined ? {} : { list }),
      ...(patch === undefined ? {} : { patch }),
      isAlways: mark !== "*",
    });
  }
  return found;
}
