import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { Problem } from "../../base/mod.ts";
import { ConfigDocument, type ConfigNode, type MapEntry } from "./config-document.ts";
import { syntaxError, tooDeep } from "./problems.ts";
import { type ConfigInput, decodeSource, type Parsed, type SourceText } from "./source-text.ts";

/** Parses TOML 1.0. A key or table that is defined twice is a syntax error, as TOML has it. */
export function parseToml(input: ConfigInput, file: string): Parsed<ConfigDocument> {
  const decoded = decodeSource(input, file, "toml");
  const source = decoded.value;
  if (source === undefined) return { value: undefined, problems: decoded.problems };
  try {
    const program = parseTOML(source.text, { tomlVersion: "1.0" });
    const root = tableOf(0);
    for (const entry of program.body[0].body) addEntry(root, entry);
    return { value: new ConfigDocument(source, root), problems: decoded.problems };
  } catch (thrown) {
    if (thrown instanceof ParseError) {
      return { value: undefined, problems: [...decoded.problems, toProblem(thrown, source)] };
    }
    if (!(thrown instanceof RangeError)) throw thrown;
    return { value: undefined, problems: [...decoded.problems, tooDeep("TOML", source.locate(0))] };
  }
}

function toProblem({ message, index }: ParseError, source: SourceText): Problem {
  const what = `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  // What is missing at the end of a line is found missing at the start of the next one.
  const isAtLineEnd = /unspecified|same line/.test(what) && source.text[index - 1] === "\n";
  const location = source.locate(isAtLineEnd ? index - 1 : index);
  const header = openHeader(source.text, index);
  if (header !== undefined) {
    const { text, offset, closed } = header;
    const place = source.locate(Math.min(index, offset + text.length));
    return syntaxError("TOML", `the header is not closed: ${text}`, place, `write ${closed}`);
  }
  if (!what.includes("multiple times")) return syntaxError("TOML", what, location);
  const problem = syntaxError("TOML", "a key or table is defined twice", location);
  return { ...problem, code: "duplicate-key", fix: "keep one of the two" };
}

function withoutClosing(name: string): string {
  let end = name.length;
  while (end > 0 && name[end - 1] === "]") end--;
  return name.slice(0, end);
}

/** The line of an offset, or the one before it, where that is a header without its brackets' ends. */
function openHeader(text: string, index: number) {
  for (const end of [index, text.lastIndexOf("\n", index - 1) - 1]) {
    if (end < 0) continue;
    const start = text.lastIndexOf("\n", end - 1) + 1;
    const [line = ""] = text.slice(start).split("\n", 1);
    const [, indent = "", opening = "", name = ""] =
      /^(\s*)(\[\[?)\s*((?:"[^"]*"|[^\s,#"])+)\s*(?:#.*)?$/.exec(line) ?? [];
    const closing = opening.replaceAll("[", "]");
    const words = withoutClosing(name);
    if (opening === "" || !/^[\w"'-]/.test(words)) continue;
    const isClosed = name === `${words}${closing}` && !/[[\]]/.test(words.replace(/"[^"]*"/g, ""));
    if (isClosed) continue;
    // `[[x].y]`: a bracket in the middle belongs to nothing.
    const closed = `[${words.replace(/"[^"]*"|[[\]]/g, (part) => (part.length > 1 ? part : ""))}]`;
    return { text: line.trim(), offset: start + indent.length, closed };
  }
  return undefined;
}

interface OpenTable {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: Map<string, MapEntry>;
}
interface OpenList {
  readonly kind: "list";
  readonly offset: number;
  readonly items: ConfigNode[];
}

function tableOf(offset: number): OpenTable {
  return { kind: "map", offset, entries: new Map() };
}

function addEntry(root: OpenTable, entry: AST.TOMLKeyValue | AST.TOMLTable): void {
  const isTable = entry.type === "TOMLTable";
  const target = isTable ? openTable(root, entry) : root;
  for (const keyValue of isTable ? entry.body : [entry]) addKeyValue(target, keyValue);
}

/** Goes to a `[table]` or `[[list of tables]]`, making what is missing on the way. */
function openTable(root: OpenTable, header: AST.TOMLTable): OpenTable {
  let table = root;
  const { keys } = header.key;
  keys.forEach((key, i) => {
    const isArrayHeader = header.kind === "array" && i === keys.length - 1;
    table = isArrayHeader ? appendTable(table, key) : childTable(table, key);
  });
  return table;
}

type Key = AST.TOMLBare | AST.TOMLQuoted;
const nameOf = (key: Key): string => (key.type === "TOMLBare" ? key.name : key.value);

function childTable(parent: OpenTable, key: Key): OpenTable {
  const existing = parent.entries.get(nameOf(key))?.node;
  if (existing?.kind === "map" && existing.entries instanceof Map) {
    return { kind: "map", offset: existing.offset, entries: existing.entries };
  }
  const last = existing?.kind === "list" ? existing.items.at(-1) : undefined;
  if (last?.kind === "map" && last.entries instanceof Map) {
    return { kind: "map", offset: last.offset, entries: last.entries };
  }
  const table = tableOf(key.range[0]);
  parent.entries.set(nameOf(key), { keyOffset: key.range[0], node: table });
  return table;
}

function appendTable(parent: OpenTable, key: Key): OpenTable {
  const table = tableOf(key.range[0]);
  const existing = parent.entries.get(nameOf(key));
  if (existing?.node.kind === "list" && Array.isArray(existing.node.items)) {
    existing.node.items.push(table);
  } else {
    const list: OpenList = { kind: "list", offset: key.range[0], items: [table] };
    parent.entries.set(nameOf(key), { keyOffset: key.range[0], node: list });
  }
  return table;
}

function addKeyValue(table: OpenTable, { key, value }: AST.TOMLKeyValue): void {
  let target = table;
  key.keys.forEach((part, i) => {
    if (i < key.keys.length - 1) target = childTable(target, part);
    else target.entries.set(nameOf(part), { keyOffset: part.range[0], node: valueNode(value) });
  });
}

function valueNode(value: AST.TOMLContentNode): ConfigNode {
  const offset = value.range[0];
  if (value.type === "TOMLArray") {
    return { kind: "list", offset, items: value.elements.map(valueNode) };
  }
  if (value.type === "TOMLInlineTable") {
    const table = tableOf(offset);
    for (const keyValue of value.body) addKeyValue(table, keyValue);
    return table;
  }
  switch (value.kind) {
    case "string":
    case "boolean":
      return { kind: "scalar", offset, value: value.value };
    case "integer":
    case "float":
      return { kind: "scalar", offset, value: Number(value.value) };
    default:
      return { kind: "scalar", offset, value: value.datetime };
  }
}
