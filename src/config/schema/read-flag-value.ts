import type { SourceLocation } from "../../base/mod.ts";
import type { ConfigNode, MapEntry } from "../document/config-document.ts";
import type { JoinedSource } from "../document/joined-source.ts";
import type { Located } from "./config-reader.ts";
import type { SchemaNode } from "./schema.ts";

/** A flag's value as the field that it sets would have it, or why the program refuses it. */
export type FlagValue =
  | { readonly node: ConfigNode }
  | { readonly refused: { readonly why: string; readonly location: SourceLocation } };

/** How a text is cut into pairs. */
export interface PairForm {
  /** Between key and value; `=` by default. */
  readonly separator?: string;
  /** True where a comma is part of the value: one flag is one pair. */
  readonly isWhole?: boolean;
}

/** What a flag's value is read with. */
export interface FlagReading {
  readonly schema: SchemaNode;
  readonly source: JoinedSource;
  readonly pairs?: PairForm;
}

/** Reads a flag's text as Go's flag packages do for a field of that kind. */
export function readFlagValue(text: Located<string>, reading: FlagReading): FlagValue {
  const { schema, source, pairs = {} } = reading;
  const offset = source.addFlag(text.location);
  switch (schema.type) {
    case "boolean": {
      const value = parseGoBoolean(text.value);
      return value === undefined
        ? refused(text, `"${text.value}" is neither true nor false`)
        : { node: { kind: "scalar", offset, value } };
    }
    case "integer":
    case "number": {
      const value = parseGoNumber(text.value, schema.type === "integer");
      return value === undefined
        ? refused(text, `"${text.value}" is no number`)
        : { node: { kind: "scalar", offset, value } };
    }
    case "list": {
      const items = piecesOf(text.value).map(({ value, at }): ConfigNode => {
        return { kind: "scalar", offset: offset + at, value };
      });
      return { node: { kind: "list", offset, items } };
    }
    case "map":
    case "object":
      return readPairs(text, {
        offset,
        values: schema.type === "map" ? schema.values : undefined,
        pairs,
      });
    default:
      return { node: { kind: "scalar", offset, value: text.value } };
  }
}

interface PairReading {
  readonly offset: number;
  readonly values: SchemaNode | undefined;
  readonly pairs: PairForm;
}

function readPairs(text: Located<string>, { offset, values, pairs }: PairReading): FlagValue {
  const { separator = "=", isWhole = false } = pairs;
  const entries = new Map<string, MapEntry>();
  const pieces = isWhole ? [{ value: text.value, at: 0 }] : piecesOf(text.value);
  for (const { value: piece, at } of pieces) {
    if (piece === "") continue;
    const cut = piece.indexOf(separator);
    if (cut === -1)
      return refused(
        text,
        `"${piece.trim()}" is no pair of a name and a value with ${separator} between`,
        at,
      );
    const word = piece.slice(cut + separator.length).trim();
    const value = values?.type === "boolean" ? parseGoBoolean(word) : word;
    if (value === undefined) return refused(text, `"${word}" is neither true nor false`, at);
    const node: ConfigNode = {
      kind: "scalar",
      offset: offset + at + cut + separator.length,
      value,
    };
    entries.set(piece.slice(0, cut).trim(), { keyOffset: offset + at, node });
  }
  return { node: { kind: "map", offset, entries } };
}

function refused({ location }: Located<string>, why: string, at = 0): FlagValue {
  const { file, line, column } = location;
  return { refused: { why, location: { file, line, column: column + at } } };
}

function piecesOf(text: string): { value: string; at: number }[] {
  let at = 0;
  if (text === "") return [];
  return text.split(",").map((value) => {
    const piece = { value, at };
    at += value.length + 1;
    return piece;
  });
}

/** strconv.ParseBool */
export function parseGoBoolean(word: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(word)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(word) ? false : undefined;
}

/** strconv.ParseInt with base 0, or ParseFloat. */
function parseGoNumber(word: string, isInteger: boolean): number | undefined {
  if (isInteger && !/^[+-]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9][0-9]*)$/.test(word))
    return undefined;
  const sign = word.startsWith("-") ? -1 : 1;
  const digits = word.replace(/^[+-]/, "");
  // 010 is eight to Go, and 10 to JavaScript.
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return word === "" || Number.isNaN(value) ? undefined : sign * value;
}
