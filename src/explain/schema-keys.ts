import type { SchemaNode } from "../config/mod.ts";

/** A key that a schema knows, with the schema of its value. */
export interface SchemaKey {
  readonly path: string;
  readonly schema: SchemaNode;
}

/** Every key of a schema, nested ones after the key that holds them. */
export function schemaKeys(schema: SchemaNode, path = ""): readonly SchemaKey[] {
  switch (schema.type) {
    case "object":
      return Object.entries(schema.fields).flatMap(([key, field]) => {
        const at = path === "" ? key : `${path}.${key}`;
        return [{ path: at, schema: field }, ...schemaKeys(field, at)];
      });
    case "list":
      return schemaKeys(schema.items, `${path}[]`);
    case "map":
      return schemaKeys(schema.values, `${path}.*`);
    case "either":
      return schema.options.flatMap((option) => schemaKeys(option, path));
    default:
      return [];
  }
}
