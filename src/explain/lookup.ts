import { nearest } from "../base/mod.ts";
import type { RuleInfo } from "../check/rule.ts";
import type { Book } from "./book.ts";
import { wordsOf } from "./describe-value.ts";
import type { Option, OptionFile } from "./option.ts";
import { ruleId } from "./rule-id.ts";
import { segmentsOf } from "./segments.ts";

/** What a word means; `others` have the same last name as the one option that was found. */
export type Found =
  | { readonly kind: "option"; readonly option: Option; readonly others: readonly Option[] }
  | { readonly kind: "options"; readonly options: readonly Option[] }
  | { readonly kind: "file"; readonly file: OptionFile; readonly others: readonly Option[] }
  | { readonly kind: "rule"; readonly rule: RuleInfo }
  /** All rules, or those of one family (`NW-B`). */
  | { readonly kind: "rules"; readonly rules: readonly RuleInfo[] }
  | { readonly kind: "unknown"; readonly nearest: readonly string[] };

/** `kubelet:maxPods`: the one name of an option. */
export function nameOf(option: Option): string {
  return `${option.file.id}:${option.path}`;
}

/**
 * Finds a rule by its id, a file by its name, or an option: by FILE:OPTION, by its path, by the
 * last segments of its path (`anonymous.enabled`), by a word that its value may be (`NoSwap`).
 * Case counts only where it tells two apart. A value behind the name (`maxPods: 16`,
 * `Restart=always`) is not looked at.
 */
export function lookUp(word: string, book: Book): Found {
  const id = ruleId(word.trim());
  const rule = book.rules.find((candidate) => candidate.id === id);
  if (rule !== undefined) return { kind: "rule", rule };
  const family = /^NW(?:-([A-Z])?)?$/i.exec(word.trim());
  const rules = family === null ? [] : rulesOf(family[1] ?? "", book);
  if (rules.length > 0) return { kind: "rules", rules };
  const file = fileNamed(word, book);
  if (file !== undefined) return { kind: "file", file, others: namedLike(word, book) };
  const { files, text } = splitFile(word, book);
  const options = files.flatMap((one) => one.options);
  const found = best(options, segmentsOf(text));
  const ofPath = found.length === 0 ? fileOfPath(word, book) : undefined;
  if (ofPath !== undefined) return { kind: "file", file: ofPath, others: [] };
  if (found.length === 0) return { kind: "unknown", nearest: nearestNames(word, book) };
  // What a node reads goes before what nodewright reads of the same name.
  const ofNodes = found.filter((one) => one.file.id !== "nodewright");
  const [option, ...more] = ofNodes.length === 1 ? ofNodes : found;
  if (option === undefined || more.length > 0) return { kind: "options", options: found };
  return {
    kind: "option",
    option,
    others: namedLike(option.path, book).filter((other) => other !== option),
  };
}

function rulesOf(family: string, book: Book): readonly RuleInfo[] {
  const start = `NW-${family.toUpperCase()}`;
  return book.rules.filter(({ id }) => id.startsWith(start));
}

/** The file of a name such as `kubelet`, `kubelet-config.yaml` or `KubeletConfiguration`. */
export function fileNamed(name: string, book: Book): OptionFile | undefined {
  const folded = name.trim().toLowerCase();
  return book.files.find((file) =>
    [file.id, ...file.names].some((known) => known.toLowerCase() === folded),
  );
}

/** Paths whose last name is not one of a file's own names. */
const PATH_KINDS: readonly (readonly [RegExp, string])[] = [
  [/\.service(\.d\/[^/]+\.conf)?$/, "unit"],
  [/\.kubeconfig$|\/kubeconfig$/, "kubeconfig"],
  [/(^|\/)cni\/net\.d\/[^/]+\.(conf|conflist|json)$|\.conflist$/, "cni"],
  [/(^|\/)containerd(\/[^/]+)*\/[^/]+\.toml$/, "containerd"],
];

/**
 * The file of a path with or without a line behind it, as `check` prints it:
 * `configs/kubelet-config.yaml:12:3`, `node-0:/etc/systemd/system/kubelet.service`.
 */
function fileOfPath(word: string, book: Book): OptionFile | undefined {
  const path = word
    .trim()
    .toLowerCase()
    .replace(/(:\d+){1,2}$/, "")
    .replace(/^[\w.-]+:(?=\/)/, "");
  if (!/[./]/.test(path) || /^-|[=\s]/.test(path)) return undefined;
  const base = path.slice(path.lastIndexOf("/") + 1);
  const byName = book.files.find((file) =>
    [...file.names, ...file.where.map((one) => one.slice(one.lastIndexOf("/") + 1))].some(
      (known) => known.toLowerCase() === base,
    ),
  );
  const kind = PATH_KINDS.find(([pattern]) => pattern.test(path))?.[1];
  return byName ?? book.files.find(({ id }) => id === kind);
}

/** Takes FILE off `FILE:OPTION`, and a value off `OPTION: value`. */
function splitFile(word: string, book: Book): { files: readonly OptionFile[]; text: string } {
  const colon = word.indexOf(":");
  if (colon === -1) return { files: book.files, text: word };
  const head = word.slice(0, colon);
  const file = fileNamed(head, book);
  return file === undefined
    ? { files: book.files, text: head }
    : { files: [file], text: word.slice(colon + 1) };
}

type Fits = (option: Option, wanted: readonly string[]) => boolean;

const TIERS: readonly Fits[] = [
  (option, wanted) => option.segments.some((path) => isSame(path, wanted)),
  (option, wanted) => option.segments.some((path) => endsWith(path, wanted)),
  (option, wanted) => option.segments.some((path) => isSame(folded(path), folded(wanted))),
  (option, wanted) => option.segments.some((path) => endsWith(folded(path), folded(wanted))),
  (option, wanted) => isValue(option, wanted.join(".").toLowerCase()),
];

/** Ports and the like: smaller numbers are the default of too much. */
const SMALLEST_NUMBER = 1024;

/** True where a word may be the option's value, or is its default (`overlayfs`, `10250`). */
function isValue({ schema, text }: Option, word: string): boolean {
  if (word === "") return false;
  const words = [
    ...(schema === undefined ? [] : wordsOf(schema)),
    ...Object.keys(text.values ?? {}),
  ];
  if (words.some((known) => known.toLowerCase() === word)) return true;
  const byDefault = schema?.default;
  if (typeof byDefault === "number")
    return byDefault >= SMALLEST_NUMBER && String(byDefault) === word;
  // The port of an address will do: 10256 for 0.0.0.0:10256.
  return typeof byDefault === "string" && (byDefault === word || byDefault.endsWith(`:${word}`));
}

/** The options that fit best: those of the first tier that has any. */
function best(options: readonly Option[], wanted: readonly string[]): readonly Option[] {
  for (const fits of TIERS) {
    const found = options.filter((option) => fits(option, wanted));
    if (found.length > 0) return found;
  }
  return [];
}

const folded = (segments: readonly string[]): readonly string[] =>
  segments.map((segment) => segment.toLowerCase());

function isSame(path: readonly string[], wanted: readonly string[]): boolean {
  return path.length === wanted.length && endsWith(path, wanted);
}

/** True where the path ends with these segments; `*` stands for any name, but not for the last. */
function endsWith(path: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0 || wanted.length > path.length) return false;
  const tail = path.slice(-wanted.length);
  return tail.every(
    (segment, i) => segment === wanted[i] || (segment === "*" && i < tail.length - 1 && i > 0),
  );
}

/** Options whose last segment is this word. */
function namedLike(word: string, book: Book): readonly Option[] {
  const last = segmentsOf(word).at(-1)?.toLowerCase();
  return book.files
    .flatMap((file) => file.options)
    .filter((other) => other.segments[0]?.at(-1)?.toLowerCase() === last);
}

const MOST_NEAREST = 3;

/** The nearest names of options, files and rules, nearest first. */
function nearestNames(word: string, book: Book): readonly string[] {
  const { files, text } = splitFile(word, book);
  const wanted = segmentsOf(text).join(".");
  const options = files.flatMap((file) => file.options);
  const names = new Map<string, string>();
  for (const option of options) {
    names.set(option.segments[0]?.at(-1) ?? option.path, option.path);
  }
  for (const option of options) names.set(option.path, option.path);
  for (const file of book.files) for (const name of [file.id, ...file.names]) names.set(name, name);
  for (const rule of book.rules) names.set(rule.id, rule.id);
  const result = new Set<string>();
  for (const candidate of [wanted, segmentsOf(text).at(-1) ?? ""]) {
    const left = new Map(names);
    while (result.size < MOST_NEAREST) {
      const near = nearest(candidate, left.keys());
      if (near === undefined) break;
      result.add(names.get(near) ?? near);
      left.delete(near);
    }
  }
  return [...result];
}
