import { nearest, type Problem } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type ConfigNode,
  formatPath,
  type MapNode,
  type Path,
} from "../document/config-document.ts";
import { ProblemList } from "../document/problems.ts";
import type { Parsed } from "../document/source-text.ts";
import { describe, describeNode, hasType, quote } from "./describe-schema.ts";
import type { OutputOf, Schema, SchemaNode, UnknownKeys } from "./schema.ts";
import { type StrayKey, suggestForKey } from "./suggest-key.ts";
import { suggestForFormat, suggestForType } from "./suggest-value.ts";
import { hasFormat } from "./text-formats.ts";

/** How strictly a document is held against a schema. */
export interface ValidateOptions {
  /** Severity of keys that the schema does not know; default "error". */
  readonly unknownKeys?: UnknownKeys;
}

/**
 * Holds a document against a schema: `unknown-key` (with the nearest known one as fix),
 * `missing-key`, `wrong-type`, `wrong-value`, `deprecated-key`. An empty value (null) is taken as
 * absent, as Kubernetes takes it. Never throws.
 */
export function validate(
  document: ConfigDocument,
  schema: SchemaNode,
  options: ValidateOptions = {},
): Problem[] {
  return validateNode(document, schema, [], options);
}

/** As `validate`, for the value at a path; nothing where the document does not go there. */
export function validateNode(
  document: ConfigDocument,
  schema: SchemaNode,
  path: Path,
  options: ValidateOptions = {},
): Problem[] {
  const validator = new Validator(document, {
    root: path.length === 0 ? schema : undefined,
    unknownKeys: options.unknownKeys ?? "error",
  });
  const node = document.node(path);
  if (node !== undefined) validator.check(node, schema, path);
  return [...validator.problems.all];
}

/**
 * Validates and gives the document's data as the schema's own type; undefined where there is an
 * error. Defaults are not filled in.
 */
export function readValue<S extends Schema>(
  document: ConfigDocument,
  schema: S,
  options: ValidateOptions = {},
): Parsed<OutputOf<S>> {
  const problems = validate(document, schema, options);
  if (problems.some((problem) => problem.severity === "error")) {
    return { value: undefined, problems };
  }
  // cast: validate() has just held every key and type against this very schema
  return { value: document.value as OutputOf<S>, problems };
}

class Validator {
  readonly problems = new ProblemList();
  readonly #document: ConfigDocument;
  /** The schema of the whole document, where it is held against one. */
  readonly #root: SchemaNode | undefined;
  readonly #unknownKeys: UnknownKeys;

  constructor(
    document: ConfigDocument,
    { root, unknownKeys }: { root: SchemaNode | undefined; unknownKeys: UnknownKeys },
  ) {
    this.#document = document;
    this.#root = root;
    this.#unknownKeys = unknownKeys;
  }

  check(node: ConfigNode, schema: SchemaNode, path: Path): void {
    if (!hasType(node, schema)) {
      this.#wrongType(node, schema, path);
    } else if (schema.type === "either") {
      const fitting = schema.options.find((option) => hasType(node, option));
      if (fitting !== undefined) this.check(node, fitting, path);
    } else if (node.kind === "scalar") {
      this.#checkValue(node.value, node, schema, path);
    } else if (node.kind === "list") {
      const items = schema.type === "list" ? schema.items : undefined;
      if (items === undefined) return;
      node.items.forEach((item, i) => {
        this.check(item, items, [...path, i]);
      });
    } else if (schema.type === "object") this.#checkObject(node, schema, path);
    else if (schema.type === "map") this.#checkMap(node, schema, path);
  }

  #checkObject(node: MapNode, schema: SchemaNode & { type: "object" }, path: Path): void {
    const { fields } = schema;
    for (const [key, { keyOffset, node: value }] of node.entries) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field === undefined) {
        const stray = { key, value, path, known: Object.keys(fields) };
        const policy = schema.unknownKeys ?? this.#unknownKeys;
        this.#unknownKey(stray, keyOffset, policy);
        if (policy === "allow") this.#checkFree(value, [...path, key]);
        continue;
      }
      if (isNull(value)) continue;
      if (field.deprecated !== undefined && !isIdle(value, field)) {
        const message = `Found a deprecated key at ${formatPath([...path, key])}: ${field.deprecated}`;
        this.#report("deprecated-key", keyOffset, message, "remove it", "warning");
      }
      this.check(value, field, [...path, key]);
    }
    for (const [key, field] of Object.entries(fields)) {
      const entry = node.entries.get(key);
      if (field.required !== true || (entry !== undefined && !isNull(entry.node))) continue;
      const message = `Missing key in ${formatPath(path)}: "${key}"`;
      this.#report("missing-key", node.offset, message, `add ${key}, ${describe(field)}`);
    }
  }

  /** A table of which nothing is known: only what was meant for the document's top is seen. */
  #checkFree(node: ConfigNode, path: Path): void {
    if (node.kind !== "map") return;
    for (const [key, { keyOffset, node: value }] of node.entries) {
      this.#unknownKey({ key, value, path, known: [] }, keyOffset, "allow");
      this.#checkFree(value, [...path, key]);
    }
  }

  #checkMap(node: MapNode, schema: SchemaNode & { type: "map" }, path: Path): void {
    for (const [key, { keyOffset, node: value }] of node.entries) {
      if (schema.keys !== undefined && !schema.keys.includes(key)) {
        const stray = { key, value, path, known: schema.keys };
        this.#unknownKey(stray, keyOffset, this.#unknownKeys);
      } else if (!isNull(value)) this.check(value, schema.values, [...path, key]);
    }
  }

  #checkValue(
    value: string | number | boolean | null,
    node: ConfigNode,
    schema: SchemaNode,
    path: Path,
  ): void {
    const wrong = (fix?: string): void => {
      const found = quote(value, schema.secret === true);
      const message = `Expected ${describe(schema)} at ${formatPath(path)}: ${found}`;
      this.#report("wrong-value", node.offset, message, fix);
    };
    if (schema.type === "choice" && typeof value === "string") {
      if (schema.choices.includes(value)) return;
      const near = nearest(value, schema.choices);
      wrong(near === undefined || near === "" ? undefined : `write "${near}"`);
    } else if (schema.type === "text" && typeof value === "string") {
      if (value === "") {
        if (schema.nonEmpty === true) wrong();
      } else if (schema.format !== undefined && !hasFormat(schema.format, value)) {
        wrong(schema.secret === true ? undefined : suggestForFormat(value, schema.format));
      }
    } else if ((schema.type === "integer" || schema.type === "number") && value !== null) {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = schema;
      if (!(Number(value) >= min && Number(value) <= max)) wrong();
    }
  }

  #wrongType(node: ConfigNode, schema: SchemaNode, path: Path): void {
    const stray = this.#ofAnotherTable(node, path);
    if (stray !== undefined) {
      this.#report("wrong-type", node.offset, stray.message, stray.fix);
      return;
    }
    const found = describeNode(node, schema.secret === true);
    const message = `Expected ${describe(schema)} at ${formatPath(path)}, found ${found}`;
    const fix = path.length === 0 ? forDocument(node) : suggestForType(node, schema);
    this.#report("wrong-type", node.offset, message, fix);
  }

  #unknownKey(stray: StrayKey, keyOffset: number, policy: UnknownKeys): void {
    const { key, value, path } = stray;
    const other = this.#ofAnotherTable(value, [...path, key]);
    if (policy === "allow" && (other === undefined || value.kind !== "map")) return;
    this.problems.add(() => ({
      code: "unknown-key",
      severity: policy === "allow" ? "warning" : policy,
      message: other?.message ?? `Unknown key in ${formatPath(path)}: "${key}"`,
      locations: [this.#document.locate(keyOffset)],
      fix: other?.fix ?? suggestForKey(this.#document, this.#root ?? ANYTHING, stray),
    }));
  }

  /**
   * In TOML a line belongs to the header above it: a key of the document's top that was appended
   * behind a table is a key of that table.
   */
  #ofAnotherTable(node: ConfigNode, path: Path): { message: string; fix: string } | undefined {
    const [key, ...others] = path.toReversed();
    if (!this.#document.file.endsWith(".toml") || others.length === 0) return undefined;
    if (this.#root?.type !== "object" || typeof key !== "string") return undefined;
    const field = Object.hasOwn(this.#root.fields, key) ? this.#root.fields[key] : undefined;
    if (field === undefined || !hasType(node, field)) return undefined;
    const table = formatPath(others.toReversed());
    const { path: written, isTable } = writtenPath([key], node);
    return {
      message: `Found ${formatPath(written)} in the table [${table}], since a line belongs to the header above it`,
      fix: this.#wayHome(written, isTable),
    };
  }

  /** Never a header or a key that the document has already: TOML takes neither twice. */
  #wayHome(written: Path, isTable: boolean): string {
    const parent = written.slice(0, -1);
    const header = `[${formatPath(parent)}]`;
    if (!isTable) {
      const isThere = this.#document.node(written) !== undefined;
      return isThere ? "remove it" : "move the line above the first [table]";
    }
    const line = `with ${formatPath(written.slice(-1))} alone for its key`;
    return this.#document.node(parent) === undefined
      ? `write ${header} above the line, ${line}; or move it above the first [table]`
      : `move the line below ${header}, ${line}`;
  }

  #report(
    code: string,
    offset: number,
    message: string,
    fix: string | undefined,
    severity: Problem["severity"] = "error",
  ): void {
    this.problems.add(() => {
      const locations = [this.#document.locate(offset)];
      return { code, severity, message, locations, ...(fix === undefined ? {} : { fix }) };
    });
  }
}

/** A deprecated key that changes nothing is left in peace: tools write all defaults out. */
function isIdle(node: ConfigNode, schema: SchemaNode): boolean {
  if (node.kind === "map") return node.entries.size === 0;
  if (node.kind === "list") return node.items.length === 0;
  // "0s" is what a Go program writes for a duration that nobody has set.
  const isUnset = schema.type === "text" && schema.format === "duration" && node.value === "0s";
  return node.value === "" || isUnset || node.value === schema.default;
}

const isNull = (node: ConfigNode): boolean => node.kind === "scalar" && node.value === null;

const ANYTHING: SchemaNode = { type: "any" };

/** The whole of a dotted key: down to the first value, or to where a map has several. */
function writtenPath(path: Path, node: ConfigNode): { path: Path; isTable: boolean } {
  const [first, ...others] = node.kind === "map" ? [...node.entries] : [];
  if (first === undefined || others.length > 0) return { path, isTable: path.length > 1 };
  return writtenPath([...path, first[0]], first[1].node);
}

/** What to do about a file that is no map of keys at all. */
function forDocument(node: ConfigNode): string {
  return node.kind === "list"
    ? "begin the file with its keys, without a list around them"
    : "restore the contents of the file";
}
