/** A schema in OpenAPI's form, as far as the API's definitions use it. */
export interface Schema {
  readonly description?: string;
  readonly type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  /** `#/components/schemas/ID`. */
  readonly $ref?: string;
}

/** What a definition says besides its schema: its fields on the wire, and how its lists are merged. */
export interface FieldFacts {
  /**
   * `name=1! replicas=2* volumeSource=3@ID`: field numbers. A `*` says that a zero differs from nothing, a
   * `!` that a zero is written; after an @ is the part whose fields are the message's own.
   */
  readonly numbers: string;
  /** Server-side apply replaces it as a whole. */
  readonly atomic?: boolean;
  /** `map KEY...`, `set`, `atomic`, `granular`: how server-side apply sees a field. */
  readonly lists?: Readonly<Record<string, string>>;
  /** `merge KEY`, `replace`, `retainKeys`, `merge,retainKeys KEY`: a strategic merge patch. */
  readonly merges?: Readonly<Record<string, string>>;
}
