import type { ConfigNode, MapEntry } from "../document/config-document.ts";
import type { JoinedSource } from "../document/joined-source.ts";
import type { Located } from "../schema/config-reader.ts";
import type { FlagValue } from "../schema/read-flag-value.ts";

type Fields = Readonly<Record<string, string | number | ConfigNode>>;

function mapOf(fields: Fields, offset: number): ConfigNode {
  const entries = Object.entries(fields).map(([key, value]): [string, MapEntry] => [
    key,
    {
      keyOffset: offset,
      node: typeof value === "object" ? value : { kind: "scalar", offset, value },
    },
  ]);
  return { kind: "map", offset, entries: new Map(entries) };
}

/** Pieces between separators, each with the offset where it begins. */
function cut(text: string, separator: string): { value: string; at: number }[] {
  let at = 0;
  return text.split(separator).flatMap((value) => {
    const piece = { value, at };
    at += value.length + separator.length;
    return value === "" ? [] : [piece];
  });
}

function refused({ location }: Located<string>, why: string, at: number): FlagValue {
  const { file, line, column } = location;
  return { refused: { why, location: { file, line, column: column + at } } };
}

/** --register-with-taints: `KEY[=VALUE]:EFFECT`, separated by commas. */
export function parseTaints(text: Located<string>, source: JoinedSource): FlagValue {
  const offset = source.addFlag(text.location);
  const items: ConfigNode[] = [];
  for (const { value, at } of cut(text.value, ",")) {
    const colon = value.lastIndexOf(":");
    if (colon === -1) return refused(text, `"${value}" is no taint KEY=VALUE:EFFECT`, at);
    const [key = "", ...rest] = value.slice(0, colon).split("=");
    const taint = rest.length === 0 ? { key } : { key, value: rest.join("=") };
    items.push(mapOf({ ...taint, effect: value.slice(colon + 1) }, offset + at));
  }
  return { node: { kind: "list", offset, items } };
}

/** --reserved-memory: `NODE:RESOURCE=QUANTITY[,...]`, separated by semicolons. */
export function parseReservedMemory(text: Located<string>, source: JoinedSource): FlagValue {
  const offset = source.addFlag(text.location);
  const items: ConfigNode[] = [];
  for (const { value, at } of cut(text.value, ";")) {
    const colon = value.indexOf(":");
    const limits = cut(value.slice(colon + 1), ",").map((piece) => piece.value.split("="));
    if (
      !/^\d+$/.test(value.slice(0, Math.max(0, colon))) ||
      limits.some((pair) => pair.length !== 2)
    )
      return refused(text, `"${value}" is no reservation NODE:memory=QUANTITY`, at);
    const quantities = Object.fromEntries(limits.map(([key = "", one = ""]) => [key, one]));
    const numaNode = Number(value.slice(0, colon));
    items.push(mapOf({ numaNode, limits: mapOf(quantities, offset + at) }, offset + at));
  }
  return { node: { kind: "list", offset, items } };
}

/** --vmodule: `PATTERN=LEVEL`, separated by commas. */
export function parseVModule(text: Located<string>, source: JoinedSource): FlagValue {
  const offset = source.addFlag(text.location);
  const items: ConfigNode[] = [];
  for (const { value, at } of cut(text.value, ",")) {
    const [filePattern = "", level = "", ...rest] = value.split("=");
    if (!/^\d+$/.test(level) || rest.length > 0)
      return refused(text, `"${value}" is no pair PATTERN=LEVEL`, at);
    items.push(mapOf({ filePattern, verbosity: Number(level) }, offset + at));
  }
  return { node: { kind: "list", offset, items } };
}

/** --node-labels: `KEY=VALUE`, separated by commas; without a value it is empty. */
export function parseNodeLabels(text: string): readonly (readonly [key: string, value: string])[] {
  return text.split(",").flatMap((part) => {
    const label = part.trim();
    if (label === "") return [];
    const [key = "", ...value] = label.split("=");
    return [[key.trim(), value.join("=").trim()] as const];
  });
}
