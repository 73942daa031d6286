/** A stretch of a text, in UTF-16 offsets; the end is behind it. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A secret in a text file. */
export interface FoundSecret {
  /** `private-key`: PEM; `key-data`: the same in Base64, as a kubeconfig has it; `value`: of a key such as `password`. */
  readonly kind: "private-key" | "key-data" | "value";
  /** Where it is, without its quotes: a part for each line of a value that has several. */
  readonly parts: readonly TextSpan[];
}

const PEM_KEY = /-----BEGIN ([A-Z ]{0,30})PRIVATE KEY-----/g;
/** The ends of the names of secrets; what begins them does not matter (`registry-password`, `GH_TOKEN`). */
const NAMES =
  /(client-key-data|token|passw(?:or)?d|passphrase|secret|secret[_-]?(?:access[_-]?)?key|private[_-]?key|api[_-]?key|credentials?|auth(?:orization)?)(["']?)[ \t]{0,9}([:=]|$|(?<=["' \t])(?=\S))/gim;
const USER_OF_URL = /:\/\/([^\s/@"'<>]{1,200})@/g;
const MAX_VALUE = 64 * 1024;
/** Of a list no more is looked through for quoted values. */
const MAX_LIST = 300;
/** These are no secrets: a switch, nothing. */
const PLAIN_VALUE = /^(?:true|false|null|none|~)?$/i;
const MAP_ENTRY = /^(?:- )?["']?[\w./-]+["']?[ \t]*:(?:\s|$)|^[{[-]/;

/**
 * The secrets of a YAML, TOML, JSON, unit or PEM file, found by their names and shapes without
 * parsing it: a file with a mistake must not print its password. In doubt a value counts as one.
 */
export function findSecrets(text: string): readonly FoundSecret[] {
  const keys = privateKeys(text);
  const urls = [...text.matchAll(USER_OF_URL)].flatMap(({ 1: user = "", index }): FoundSecret[] => {
    const start = index + "://".length;
    const parts = [{ start, end: start + user.length }];
    return user.includes(":") ? [{ kind: "value", parts }] : [];
  });
  return [...keys, ...namedValues(text), ...urls];
}

function privateKeys(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let last = 0;
  for (const { 0: begin, 1: kind = "", index } of text.matchAll(PEM_KEY)) {
    if (index < last) continue;
    const marker = `-----END ${kind}PRIVATE KEY-----`;
    const end = text.indexOf(marker, index + begin.length);
    last = end === -1 ? text.length : end + marker.length;
    found.push({ kind: "private-key", parts: [{ start: index, end: last }] });
  }
  return found;
}

/** A name inside of a value is a part of it. */
function namedValues(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let last = 0;
  for (const match of text.matchAll(NAMES)) {
    if (match.index < last) continue;
    const parts = valueAfter(text, match).filter(({ start, end }) => start < end);
    if (parts.length === 0) continue;
    last = parts.at(-1)?.end ?? last;
    found.push({ kind: isKeyData(match) ? "key-data" : "value", parts });
  }
  return found;
}

/** True where a text has a private key, as PEM or as a kubeconfig has it. */
export function holdsPrivateKey(text: string): boolean {
  return findSecrets(text).some(({ kind }) => kind !== "value");
}

/** The text with stars in the places of its secrets; its lines stay where they are. */
export function maskSecrets(text: string): string {
  let masked = "";
  let at = 0;
  const parts = findSecrets(text).flatMap((secret) => secret.parts);
  for (const { start, end } of parts.toSorted((a, b) => a.start - b.start)) {
    if (end <= at) continue;
    masked +=
      text.slice(at, start) + text.slice(Math.max(at, start), end).replace(/[^\n]+/g, "***");
    at = end;
  }
  return masked + text.slice(at);
}

function isKeyData([, name]: RegExpExecArray): boolean {
  return name?.toLowerCase() === "client-key-data";
}

/** The value that belongs to a name; none where it is a map, a switch or only a word of a text. */
function valueAfter(text: string, match: RegExpExecArray): readonly TextSpan[] {
  const { index } = match;
  const [all, name = "", quote = "", separator = ""] = match;
  const nameStart = startOfName(text, index);
  const before = lineBefore(text, nameStart);
  const isFlag = text.startsWith("--", nameStart);
  const end = index + all.length;
  if (/^auth(orization)?$/i.test(name) && separator !== "=" && !isAuthOfJson(text, end)) return [];
  const opened = before.at(-1);
  if (separator === "=" && quote === "" && (opened === '"' || opened === "'")) {
    // Environment="TOKEN=two words"
    return [{ start: end, end: closing(text, end, opened) }];
  }
  if (separator === ":" || separator === "=") {
    return parse(text, { at: end, column: before.length, isYaml: separator === ":", before });
  }
  if (isFlag && separator === "") return [word(text, skipBlanks(text, end))];
  if (/^[ \t]*\? ?["']?$/.test(before)) return explicitValue(text, end, before.length);
  return [];
}

/** In JSON and YAML `auth` is a secret of registries; in a kubelet's file it would begin a map. */
function isAuthOfJson(text: string, at: number): boolean {
  return /^[ \t]*["']?[A-Za-z0-9+/=]{8,}/.test(text.slice(at, at + 100));
}

function startOfName(text: string, index: number): number {
  let start = index;
  while (start > 0 && index - start < 100 && /[\w.-]/.test(text[start - 1] ?? "")) start--;
  return start;
}

/** The line up to a place, or as much of it as can matter. */
function lineBefore(text: string, at: number): string {
  const near = text.slice(Math.max(0, at - 300), at);
  return near.slice(near.lastIndexOf("\n") + 1);
}

interface Place {
  readonly at: number;
  /** Where the name begins in its line. */
  readonly column: number;
  readonly isYaml: boolean;
  /** The line up to the name. */
  readonly before: string;
}

function parse(text: string, place: Place): readonly TextSpan[] {
  // A tag or an anchor is no part of the value.
  const [lead = ""] = /^[ \t]*(?:[!&]\S*[ \t]+)*/.exec(text.slice(place.at, place.at + 200)) ?? [];
  const at = place.at + lead.length;
  const line = text.slice(at, endOfLine(text, at));
  if (/^[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?\r?$/.test(line) && place.isYaml) {
    return deeperLines(text, at, { column: place.column, isBlock: true });
  }
  if (/^(?:#.*)?\r?$/.test(line)) return nextLine(text, at, place);
  if (line.startsWith("[")) return listItems(text, at);
  if (line.startsWith("{")) return [];
  const quoted = quotedAt(text, at);
  if (quoted !== undefined) return quoted;
  const first = place.isYaml ? plain(text, at, place.before) : word(text, at);
  if (PLAIN_VALUE.test(text.slice(first.start, first.end))) return [];
  const isWhole = first.end >= at + line.trimEnd().length;
  const more = place.isYaml && isWhole ? deeperLines(text, at, { column: place.column }) : [];
  return [first, ...more];
}

/** `client-key-data:` with the value on the next line. */
function nextLine(text: string, at: number, { column, isYaml }: Place): readonly TextSpan[] {
  if (!isYaml) return [];
  const next = skipSpace(text, at);
  const line = text.slice(next, endOfLine(text, next));
  if (MAP_ENTRY.test(line)) return [];
  return quotedAt(text, next) ?? deeperLines(text, at, { column, isBlock: /^[|>]/.test(line) });
}

/** `? client-key-data`, and `: value` on the next line. */
function explicitValue(text: string, at: number, column: number): readonly TextSpan[] {
  const next = skipSpace(text, at);
  if (text[next] !== ":") return [];
  return parse(text, { at: next + 1, column: Math.max(0, column - 2), isYaml: true, before: "" });
}

/** The lines below that are further in: a block, or the rest of a plain value. */
function deeperLines(
  text: string,
  from: number,
  { column, isBlock = false }: { readonly column: number; readonly isBlock?: boolean },
): readonly TextSpan[] {
  const parts: TextSpan[] = [];
  for (let at = endOfLine(text, from) + 1; at < text.length; at = endOfLine(text, at) + 1) {
    const end = endOfLine(text, at);
    const line = text.slice(at, end);
    const content = line.trim();
    if (content === "") continue;
    const indent = line.length - line.trimStart().length;
    if (indent <= column || (!isBlock && (MAP_ENTRY.test(content) || content.startsWith("#"))))
      break;
    parts.push({ start: at + indent, end: at + indent + content.length });
  }
  return parts;
}

function quotedAt(text: string, at: number): readonly TextSpan[] | undefined {
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return undefined;
  const triple = quote.repeat(3);
  if (text.startsWith(triple, at)) {
    const end = text.indexOf(triple, at + 3);
    return [{ start: at + 3, end: end === -1 ? text.length : end }];
  }
  return [{ start: at + 1, end: closing(text, at + 1, quote) }];
}

function listItems(text: string, at: number): readonly TextSpan[] {
  const end = Math.min(endOfLine(text, at), at + MAX_LIST);
  const items: TextSpan[] = [];
  for (let i = at; i < end && text[i] !== "]"; i++) {
    const [item] = quotedAt(text, i) ?? [];
    if (item === undefined) continue;
    items.push(item);
    i = item.end;
  }
  return items;
}

/** Where a quoted value ends; a double quote can be escaped. */
function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

/** A plain value of YAML: up to a comment or the line's end; inside of braces also to a comma. */
function plain(text: string, at: number, before: string): TextSpan {
  const line = text.slice(at, endOfLine(text, at));
  const stop = line.search(before.includes("{") ? /[,}]| #/ : /[ \t]#/);
  return { start: at, end: at + (stop === -1 ? line : line.slice(0, stop)).trimEnd().length };
}

function word(text: string, at: number): TextSpan {
  const [found = ""] = /^[^\s"',;}]*/.exec(text.slice(at, endOfLine(text, at))) ?? [];
  return { start: at, end: at + found.length };
}

/** No further than a value can reach: a line of a megabyte is not searched from each of its places. */
function endOfLine(text: string, at: number): number {
  const near = text.slice(at, at + MAX_VALUE);
  const end = near.indexOf("\n");
  return at + (end === -1 ? near.length : end);
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text[next] === " " || text[next] === "\t") next++;
  return next;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (/\s/.test(text[next] ?? "")) next++;
  return next;
}
