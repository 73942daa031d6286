import type { SourceLocation } from "../../base/mod.ts";
import type { PlaceSource } from "./source-text.ts";

/** One step into a document: a key of a map or an index of a list. */
export type PathSegment = string | number;
/** The way from a document's root to a value, e.g. `["clusters", 0, "cluster", "server"]`. */
export type Path = readonly PathSegment[];

/** A leaf. Dates of TOML are kept as their text. */
export interface ScalarNode {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: string | number | boolean | null;
  /** How a number is written where that is not how it is printed: `0600`. */
  readonly source?: string;
}
/** A list of values in file order. */
export interface ListNode {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly ConfigNode[];
}
/** Keys in file order; of a repeated key the last one, as every consumer takes it. */
export interface MapNode {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: ReadonlyMap<string, MapEntry>;
}
/** A key with its place, and its value. */
export interface MapEntry {
  readonly keyOffset: number;
  readonly node: ConfigNode;
}
/** Any value of a document with its UTF-16 offset in the text. */
export type ConfigNode = ScalarNode | ListNode | MapNode;

/** Plain data, as `JSON.parse` would give it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A parsed YAML, TOML or JSON file, every key and value of which knows its line and column. */
export class ConfigDocument {
  readonly root: ConfigNode;
  readonly #source: PlaceSource;

  constructor(source: PlaceSource, root: ConfigNode) {
    this.#source = source;
    this.root = root;
  }

  /** The name that locations carry; of several merged files that of the main one. */
  get file(): string {
    return this.#source.file;
  }

  /** The whole document as plain data. May hold secrets: do not print it. */
  get value(): PlainValue {
    return toPlain(this.root);
  }

  /** The node at a path, or undefined where the document does not go there. */
  node(path: Path): ConfigNode | undefined {
    return this.#walk(path).node;
  }

  /** The place of the value at a path; of the nearest existing ancestor where it is absent. */
  at(path: Path): SourceLocation {
    return this.#source.locate(this.#walk(path).nearest.valueOffset);
  }

  /** The place of the key that leads to a path; as `at` for the root and for list items. */
  keyAt(path: Path): SourceLocation {
    return this.#source.locate(this.#walk(path).nearest.keyOffset);
  }

  /** The place of a UTF-16 offset of the file. */
  locate(offset: number): SourceLocation {
    return this.#source.locate(offset);
  }

  /**
   * The file to edit for a change at a path: that of the value, else of its nearest ancestor; the
   * main file for a key of the root. Undefined where a flag sets the value.
   */
  fileOf(path: Path): string | undefined {
    const { node, nearest, depth } = this.#walk(path);
    if (depth === 0) return this.file;
    if (this.#source.isInFile?.(nearest.valueOffset) !== false)
      return this.#source.locate(nearest.valueOffset).file;
    return node === undefined ? this.file : undefined;
  }

  #walk(path: Path): {
    node: ConfigNode | undefined;
    nearest: { keyOffset: number; valueOffset: number };
    /** How many segments there are. */
    depth: number;
  } {
    let node: ConfigNode = this.root;
    let nearest = { keyOffset: node.offset, valueOffset: node.offset };
    let depth = 0;
    for (const segment of path) {
      const entry = step(node, segment);
      if (entry === undefined) return { node: undefined, nearest, depth };
      node = entry.node;
      nearest = { keyOffset: entry.keyOffset, valueOffset: node.offset };
      depth++;
    }
    return { node, nearest, depth };
  }
}

function step(node: ConfigNode, segment: PathSegment): MapEntry | undefined {
  if (node.kind === "map") return node.entries.get(String(segment));
  if (node.kind !== "list" || typeof segment !== "number") return undefined;
  const item = node.items[segment];
  return item === undefined ? undefined : { keyOffset: item.offset, node: item };
}

/** A node as plain data. `fromEntries` keeps a key named `__proto__` an ordinary property. */
export function toPlain(node: ConfigNode): PlainValue {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toPlain);
    case "map":
      return Object.fromEntries(
        [...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]),
      );
  }
}

/** Prints a path for people: `plugins."io.containerd.grpc.v1.cri".cni`, `clusters[0].name`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else {
      const word = /^[\w-]+$/.test(segment) ? segment : JSON.stringify(segment);
      text += text === "" ? word : `.${word}`;
    }
  }
  return text === "" ? "the document" : text;
}
