import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from "yaml";
import type { PlainValue } from "../../config/mod.ts";
import { insertLines, lineEnd, lineStart, replace, type TextEdit } from "./text-edit.ts";

const STEP = "  ";

/**
 * Sets or removes a value of a YAML text; comments, order and quotes of everything else stay.
 * Undefined where the place is written in a way that only a person should change.
 */
export function editYaml(text: string, { path, set }: TextEdit): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const { parent, pair, rest } = walk(document, path);
  if (parent === undefined) return undefined;
  if (rest.length === 0 && pair !== undefined) {
    return set === undefined ? removePair(text, parent, pair) : setValue(text, pair, set);
  }
  if (set === undefined) return text;
  return insertPair(text, { parent, pair, rest, set });
}

type AnyPair = Pair<unknown, unknown>;

interface Place {
  /** The deepest map on the way. */
  readonly parent: YAMLMap<unknown, unknown> | undefined;
  /** Its entry that the path goes through, where there is one. */
  readonly pair: AnyPair | undefined;
  /** What of the path is not there. */
  readonly rest: readonly string[];
}

function walk(document: Document, path: TextEdit["path"]): Place {
  let node: unknown = document.contents;
  let place: Place = { parent: undefined, pair: undefined, rest: path.map(String) };
  for (const [index, key] of path.entries()) {
    if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      continue;
    }
    if (!isMap(node)) return place;
    const parent = node;
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === String(key));
    if (pair === undefined) return { parent, pair: undefined, rest: path.slice(index).map(String) };
    place = { parent, pair, rest: path.slice(index + 1).map(String) };
    node = pair.value;
  }
  return place;
}

function setValue(text: string, { value }: AnyPair, set: PlainValue): string | undefined {
  const range = rangeOf(value);
  if (range === undefined) return undefined;
  const quote = text.charAt(range[0]);
  const isQuoted = (quote === '"' || quote === "'") && typeof set === "string";
  const isPlainBlock = !isScalar(value) && !/^[[{]/.test(quote);
  if (isPlainBlock) return undefined;
  const words = isQuoted ? `${quote}${set}${quote}` : formatFlow(set);
  return replace(text, { start: range[0], end: range[1], text: words });
}

/** Whole lines go: the key's and all that belongs to its value. */
function removePair(text: string, parent: YAMLMap<unknown, unknown>, pair: AnyPair) {
  const key = rangeOf(pair.key);
  if (key === undefined || parent.flow === true) return undefined;
  const valueEnd = rangeOf(pair.value)?.[1] ?? key[1];
  const start = lineStart(text, key[0]);
  const end = lineEnd(text, Math.max(key[0], valueEnd - 1));
  // The only entry of a map: without it the map itself would become null, which means the same.
  return replace(text, { start, end, text: "" });
}

function insertPair(
  text: string,
  { parent, pair, rest, set }: Place & { readonly set: PlainValue },
): string | undefined {
  if (parent === undefined) return undefined;
  if (pair !== undefined) {
    // `authentication:` with nothing below it: what is missing goes below the key.
    const key = rangeOf(pair.key);
    if (key === undefined || (isScalar(pair.value) && pair.value.value !== null)) return undefined;
    if (!isScalar(pair.value) && pair.value !== null) return undefined;
    const indent = `${indentOf(text, key[0])}${STEP}`;
    return insertLines(text, lineEnd(text, key[1]), nested(rest, set, indent));
  }
  if (parent.flow === true) return undefined;
  const first = rangeOf(parent.items[0]?.key);
  const last = parent.items.at(-1);
  const end = last === undefined ? undefined : (rangeOf(last.value) ?? rangeOf(last.key))?.[1];
  if (first === undefined || end === undefined) return undefined;
  return insertLines(text, lineEnd(text, end - 1), nested(rest, set, indentOf(text, first[0])));
}

function nested(path: readonly string[], set: PlainValue, indent: string): string {
  const [key = "", ...rest] = path;
  const name = formatFlow(key);
  if (rest.length === 0) return `${indent}${name}: ${formatFlow(set)}`;
  return `${indent}${name}:\n${nested(rest, set, `${indent}${STEP}`)}`;
}

function indentOf(text: string, offset: number): string {
  return " ".repeat(offset - lineStart(text, offset));
}

function formatFlow(value: PlainValue): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined;
}
