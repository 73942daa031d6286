import type { ConfigNode } from "../document/config-document.ts";
import type { SchemaNode } from "./schema.ts";
import { expectedText } from "./text-formats.ts";

/** True where the node's own type (not yet its value) is one that the schema takes. */
export function hasType(node: ConfigNode, schema: SchemaNode): boolean {
  switch (schema.type) {
    case "any":
      return true;
    case "object":
    case "map":
      return node.kind === "map";
    case "list":
      return node.kind === "list";
    case "either":
      return schema.options.some((option) => hasType(node, option));
    default:
      if (node.kind !== "scalar") return false;
  }
  if (schema.type === "boolean") return typeof node.value === "boolean";
  if (schema.type === "integer") return Number.isInteger(node.value);
  if (schema.type === "number") return typeof node.value === "number";
  return typeof node.value === "string";
}

/** What a schema takes, in words that stand after "Expected". */
export function describe(schema: SchemaNode): string {
  switch (schema.type) {
    case "any":
      return "any value";
    case "object":
    case "map":
      return "a map of keys and values";
    case "list":
      return "a list";
    case "either":
      return schema.options.map(describe).join(" or ");
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${schema.choices.map((word) => `"${word}"`).join(", ")}`;
    case "text":
      if (schema.format !== undefined) return expectedText(schema.format);
      return schema.nonEmpty === true ? "text that is not empty" : "text";
    case "integer":
    case "number": {
      const noun = schema.type === "integer" ? "a whole number" : "a number";
      const { min, max } = schema;
      return min === undefined || max === undefined ? noun : `${noun} from ${min} to ${max}`;
    }
  }
}

/** What stands in the file, in words that stand after "found". */
export function describeNode(node: ConfigNode, isSecret: boolean): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map of keys and values";
  if (node.value === null) return "nothing";
  const type = { string: "text", number: "a number", boolean: "true or false" };
  const name = type[typeof node.value as keyof typeof type]; // cast: a scalar is one of the three
  return `${name}: ${quote(node.value, isSecret)}`;
}

/** A value as messages show it: shortened, and never a secret. */
export function quote(value: string | number | boolean | null, isSecret: boolean): string {
  if (isSecret) return "***";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}...` : value);
}
