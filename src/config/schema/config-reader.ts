import type { SourceLocation } from "../../base/mod.ts";
import type { ConfigDocument, ConfigNode, Path } from "../document/config-document.ts";
import { type SchemaNode, schemaAt } from "./schema.ts";

/** A value with its place. A default's place is where the key would be added. */
export interface Located<T> {
  readonly value: T;
  readonly location: SourceLocation;
  /** True where the file does not say it and the program's own default counts. */
  readonly isDefault: boolean;
}

/**
 * A value that the schema has a default for, so that it is always there.
 * @throws TypeError where the schema has none: a mistake in the table, not in the file.
 */
export function always<T>(located: Located<T> | undefined): Located<T> {
  if (located === undefined) throw new TypeError("The schema has no default for this value");
  return located;
}

/**
 * Reads single values out of a document, with the schema's defaults where they are absent. A value
 * of the wrong type is taken as absent here: `validate` is what reports it.
 */
export class ConfigReader {
  readonly document: ConfigDocument;
  readonly #schema: SchemaNode;
  readonly #base: Path;

  /** Paths are taken below `base`, which is where the schema begins. */
  constructor(document: ConfigDocument, schema: SchemaNode, base: Path = []) {
    this.document = document;
    this.#schema = schema;
    this.#base = base;
  }

  /** Text at a path. */
  text(path: Path): Located<string> | undefined {
    return this.#read(path, isText);
  }

  /**
   * Text at a path where "" means the same as an absent key, as Kubernetes has it almost
   * everywhere: the default, or undefined where that is "" too.
   */
  textOrDefault(path: Path): Located<string> | undefined {
    const found = this.text(path);
    if (found?.value !== "") return found;
    const fallback = schemaAt(this.#schema, path)?.default;
    if (!isText(fallback) || fallback === "") return undefined;
    return { value: fallback, location: found.location, isDefault: true };
  }

  /** A number at a path. */
  number(path: Path): Located<number> | undefined {
    return this.#read(path, isNumber);
  }

  /** true or false at a path. */
  boolean(path: Path): Located<boolean> | undefined {
    return this.#read(path, isBoolean);
  }

  /** The texts of a list, each with its own place; empty where there is none. */
  texts(path: Path): readonly Located<string>[] {
    const node = this.#node(path);
    if (node?.kind === "list") {
      return node.items.flatMap((item, i) => {
        if (item.kind !== "scalar" || typeof item.value !== "string") return [];
        return [{ value: item.value, location: this.#at([...path, i]), isDefault: false }];
      });
    }
    const fallback = schemaAt(this.#schema, path)?.default;
    if (!Array.isArray(fallback)) return [];
    const location = this.#at(path);
    return fallback.filter(isText).map((value) => ({ value, location, isDefault: true }));
  }

  /** The keys of a map, each with its place; empty where there is none. */
  keys(path: Path): readonly Located<string>[] {
    const node = this.#node(path);
    if (node?.kind !== "map") return [];
    return [...node.entries].map(([value, { keyOffset }]) => ({
      value,
      location: this.document.locate(keyOffset),
      isDefault: false,
    }));
  }

  /** How many items the list at a path has; 0 where there is none. */
  length(path: Path): number {
    const node = this.#node(path);
    return node?.kind === "list" ? node.items.length : 0;
  }

  #node(path: Path): ConfigNode | undefined {
    return this.document.node([...this.#base, ...path]);
  }

  #at(path: Path): SourceLocation {
    return this.document.at([...this.#base, ...path]);
  }

  #read<T>(path: Path, isType: (value: unknown) => value is T): Located<T> | undefined {
    const value = scalarValue(this.#node(path));
    const location = (): SourceLocation => this.#at(path);
    if (isType(value)) return { value, location: location(), isDefault: false };
    const fallback = schemaAt(this.#schema, path)?.default;
    return isType(fallback)
      ? { value: fallback, location: location(), isDefault: true }
      : undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

function scalarValue(node: ConfigNode | undefined): string | number | boolean | null | undefined {
  return node?.kind === "scalar" ? node.value : undefined;
}
