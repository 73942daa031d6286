import type { TextFormat } from "./text-formats.ts";

/** What every schema may say of its value, whatever the type. */
export interface SchemaNotes {
  /** What the program takes where the key is absent. Documentation and accessors use it. */
  readonly default?: unknown;
  /** The key must be there and not be null. */
  readonly required?: boolean;
  /** Why the key should go; a warning says so. */
  readonly deprecated?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
}

/** A map with known keys. */
export interface ObjectSchema extends SchemaNotes {
  readonly type: "object";
  readonly fields: { readonly [key: string]: SchemaNode };
  /** Keys that are not listed: overrides the severity given to `validate`; "allow" says nothing. */
  readonly unknownKeys?: UnknownKeys;
}
/** A map with free keys, or with keys out of a list. */
export interface MapSchema extends SchemaNotes {
  readonly type: "map";
  readonly values: SchemaNode;
  readonly keys?: readonly string[];
}
export interface ListSchema extends SchemaNotes {
  readonly type: "list";
  readonly items: SchemaNode;
}
/** Text, checked further where a format is given. */
export interface TextSchema extends SchemaNotes {
  readonly type: "text";
  readonly format?: TextFormat;
  /** Refuses "". Where false, "" passes whatever the format: it means "not set" to Kubernetes. */
  readonly nonEmpty?: boolean;
}
/** One word out of a list; "" passes too where listed. */
export interface ChoiceSchema extends SchemaNotes {
  readonly type: "choice";
  readonly choices: readonly string[];
}
export interface IntegerSchema extends SchemaNotes {
  readonly type: "integer";
  readonly min: number;
  readonly max: number;
}
export interface NumberSchema extends SchemaNotes {
  readonly type: "number";
  readonly min?: number;
  readonly max?: number;
}
export interface BooleanSchema extends SchemaNotes {
  readonly type: "boolean";
}
/** Anything; its inside is not looked at. */
export interface AnySchema extends SchemaNotes {
  readonly type: "any";
}
/** The first of several types that the value's own type fits. */
export interface EitherSchema extends SchemaNotes {
  readonly type: "either";
  readonly options: readonly SchemaNode[];
}

/** What a value may be, as data: tables of it can be checked against, printed and explained. */
export type SchemaNode =
  | ObjectSchema
  | MapSchema
  | ListSchema
  | TextSchema
  | ChoiceSchema
  | IntegerSchema
  | NumberSchema
  | BooleanSchema
  | AnySchema
  | EitherSchema;

/** How a key that no schema knows is reported. */
export type UnknownKeys = "error" | "warning" | "allow";

declare const OUTPUT: unique symbol;
/** A schema that knows the TypeScript type of what it accepts; `OutputOf` gives that type. */
export type Schema<T = unknown> = SchemaNode & { readonly [OUTPUT]?: T };
/** The TypeScript type of the values that a schema accepts. */
export type OutputOf<S> = S extends { readonly [OUTPUT]?: infer T } ? T : never;

interface Fields {
  readonly [key: string]: Schema;
}
type RequiredKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly required: true } ? K : never;
}[keyof F];
type OutputOfFields<F extends Fields> = {
  readonly [K in RequiredKeys<F>]: OutputOf<F[K]>;
} & { readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: OutputOf<F[K]> };

/** A map with these keys, all optional but those wrapped in `required`. */
export function object<F extends Fields>(
  fields: F,
  notes: SchemaNotes & { readonly unknownKeys?: UnknownKeys } = {},
): Schema<OutputOfFields<F>> {
  return { type: "object", fields, ...notes };
}

/** A map with free keys (or only `keys`) and values of one kind. */
export function map<S extends Schema>(
  values: S,
  notes: SchemaNotes & { readonly keys?: readonly string[] } = {},
): Schema<{ readonly [key: string]: OutputOf<S> }> {
  return { type: "map", values, ...notes };
}

/** A list with items of one kind. */
export function list<S extends Schema>(
  items: S,
  notes: SchemaNotes = {},
): Schema<readonly OutputOf<S>[]> {
  return { type: "list", items, ...notes };
}

/** Text; `format` checks its form, `nonEmpty` refuses "". */
export function text(
  notes: SchemaNotes & { readonly format?: TextFormat; readonly nonEmpty?: boolean } = {},
): Schema<string> {
  return { type: "text", ...notes };
}

/** One of these words. */
export function choice<const C extends readonly string[]>(
  choices: C,
  notes: SchemaNotes = {},
): Schema<C[number]> {
  return { type: "choice", choices, ...notes };
}

/** A whole number, by default within int32. */
export function integer(
  notes: SchemaNotes & { readonly min?: number; readonly max?: number } = {},
): Schema<number> {
  return { type: "integer", min: -(2 ** 31), max: 2 ** 31 - 1, ...notes };
}

/** A number, whole or not. */
export function number(
  notes: SchemaNotes & { readonly min?: number; readonly max?: number } = {},
): Schema<number> {
  return { type: "number", ...notes };
}

/** true or false. */
export function boolean(notes: SchemaNotes = {}): Schema<boolean> {
  return { type: "boolean", ...notes };
}

/** Anything at all. */
export function any(notes: SchemaNotes = {}): Schema<unknown> {
  return { type: "any", ...notes };
}

/** One of several kinds, told apart by the type of the value. */
export function either<const O extends readonly Schema[]>(
  options: O,
  notes: SchemaNotes = {},
): Schema<OutputOf<O[number]>> {
  return { type: "either", options, ...notes };
}

/** The same schema for a key that must be there. */
export function required<S extends Schema>(schema: S): S & { readonly required: true } {
  return { ...schema, required: true };
}

/** The schema of what lies at a path, or undefined where the schema knows nothing of it. */
export function schemaAt(
  schema: SchemaNode,
  path: readonly (string | number)[],
): SchemaNode | undefined {
  let current: SchemaNode | undefined = schema;
  for (const segment of path) {
    if (current?.type === "object") {
      current = Object.hasOwn(current.fields, segment) ? current.fields[segment] : undefined;
    } else if (current?.type === "map") current = current.values;
    else if (current?.type === "list") current = current.items;
    else return undefined;
  }
  return current;
}
