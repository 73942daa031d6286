import { type AST, parseTOML } from "toml-eslint-parser";
import type { PlainValue } from "../../config/mod.ts";
import { insertLines, lineEnd, lineStart, replace, type TextEdit } from "./text-edit.ts";

type Path = TextEdit["path"];

/**
 * Sets or removes a key of a TOML text. A new key goes behind the last one of its table; a table
 * that is not there goes to the end of the file.
 */
export function editToml(text: string, { path, set }: TextEdit): string | undefined {
  const [program] = parseTOML(text, { tomlVersion: "1.0" }).body;
  const found = findKeyValue(program.body, path);
  if (found !== undefined) {
    const [start, end] = found.range;
    if (set === undefined) {
      const lines = { start: lineStart(text, start), end: lineEnd(text, end - 1), text: "" };
      return found.parent.type === "TOMLInlineTable" ? undefined : replace(text, lines);
    }
    const [from, to] = found.value.range;
    return replace(text, { start: from, end: to, text: formatValue(set) });
  }
  if (set === undefined) return text;
  return insertKey(text, program, path, set);
}

function findKeyValue(
  body: readonly (AST.TOMLKeyValue | AST.TOMLTable)[],
  path: Path,
): AST.TOMLKeyValue | undefined {
  for (const entry of body) {
    if (entry.type === "TOMLTable") {
      const rest = withoutPrefix(path, entry.resolvedKey);
      const found = rest === undefined ? undefined : findKeyValue(entry.body, rest);
      if (found !== undefined) return found;
      continue;
    }
    const rest = withoutPrefix(path, keysOf(entry.key));
    if (rest === undefined) continue;
    if (rest.length === 0) return entry;
    if (entry.value.type === "TOMLInlineTable") {
      const found = findKeyValue(entry.value.body, rest);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function insertKey(text: string, program: AST.TOMLTopLevelTable, path: Path, set: PlainValue) {
  const parent = path.slice(0, -1);
  const line = `${formatKey(path.at(-1) ?? "")} = ${formatValue(set)}`;
  if (parent.length === 0) {
    const isFirst = path[0] === "version";
    return insertLines(
      text,
      isFirst ? (LEADING.exec(text)?.[0].length ?? 0) : endOfTopLevel(text, program),
      line,
    );
  }
  const table = program.body.find(
    (entry): entry is AST.TOMLTable =>
      entry.type === "TOMLTable" && withoutPrefix(parent, entry.resolvedKey)?.length === 0,
  );
  if (table === undefined) {
    const header = `[${parent.map(formatKey).join(".")}]`;
    return insertLines(text, text.length, `\n${header}\n${line}`);
  }
  const last = table.body.at(-1);
  const { range } = last ?? table.key;
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, range[0])))?.[0] ?? "";
  const deeper = last === undefined && indent !== "" ? `${indent}  ` : indent;
  return insertLines(text, lineEnd(text, range[1] - 1), `${deeper}${line}`);
}

/** Behind the keys before the first table; where there is none, behind the leading comments. */
function endOfTopLevel(text: string, program: AST.TOMLTopLevelTable): number {
  const own = program.body.filter((entry) => entry.type === "TOMLKeyValue");
  const last = own.at(-1);
  if (last !== undefined) return lineEnd(text, last.range[1] - 1);
  return LEADING.exec(text)?.[0].length ?? 0;
}

/** The comments that a file begins with. */
const LEADING = /^(?:#.*\n)*/;

function keysOf(key: AST.TOMLKey): readonly string[] {
  return key.keys.map((one) => (one.type === "TOMLBare" ? one.name : one.value));
}

/** What is left of a path behind a prefix; undefined where it does not begin so. */
function withoutPrefix(path: Path, prefix: readonly (string | number)[]): Path | undefined {
  if (prefix.length > path.length) return undefined;
  return prefix.every((key, i) => String(path[i]) === String(key))
    ? path.slice(prefix.length)
    : undefined;
}

function formatKey(key: string | number): string {
  const word = String(key);
  return /^[\w-]+$/.test(word) ? word : JSON.stringify(word);
}

function formatValue(value: PlainValue): string {
  if (isList(value)) return `[${value.map(formatValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([key, own]) => `${formatKey(key)} = ${formatValue(own)}`,
    );
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return JSON.stringify(value);
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}
