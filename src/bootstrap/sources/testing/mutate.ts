import type { Cluster } from "../../inventory/mod.ts";

/** One change of one file, as a person makes it by mistake. */
export interface Mutation {
  readonly kind: "value" | "key" | "line" | "swap";
  /** Path in the cluster directory; of a swap, the first of the two. */
  readonly file: string;
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The file's whole text afterwards. */
  readonly text: string;
  /** Of a swap: the other file and its text. */
  readonly other?: { readonly file: string; readonly text: string };
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random single mutation of the directory's files. */
export function mutate(cluster: Cluster, random: () => number): Mutation {
  const files = [...cluster.templates].filter(([file]) => isMutated(file));
  for (;;) {
    const kind = pick(["value", "value", "value", "key", "key", "line", "swap"] as const, random);
    if (kind === "swap") return swap(cluster, random);
    const [file, text] = pick(files, random);
    const lines = text.split("\n");
    const index = Math.floor(random() * lines.length);
    const before = lines[index] ?? "";
    if (before.trim() === "" || isComment(before)) continue;
    const after =
      kind === "line"
        ? undefined
        : kind === "key"
          ? renamed(before, random)
          : changed(before, random);
    if (after === before || (kind !== "line" && after === undefined)) continue;
    const mutated = after === undefined ? lines.toSpliced(index, 1) : lines.with(index, after);
    return { kind, file, line: index + 1, before, after: after ?? "", text: mutated.join("\n") };
  }
}

function isMutated(file: string): boolean {
  return /^(configs|units)\//.test(file) && !file.endsWith(".md");
}

function isComment(line: string): boolean {
  return /^\s*[#;]/.test(line);
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new TypeError("Nothing to pick from");
  return item;
}

/** Two nodes' files under each other's names. */
function swap(cluster: Cluster, random: () => number): Mutation {
  const suffix = pick([".crt", ".key", ".kubeconfig"], random);
  const [a, b] = [`node-0${suffix}`, `node-1${suffix}`];
  const text = (file: string): string =>
    cluster.templates.get(file) ?? cluster.secrets.get(file)?.reveal() ?? "";
  return {
    kind: "swap",
    file: a,
    line: 0,
    before: a,
    after: b,
    text: text(b),
    other: { file: b, text: text(a) },
  };
}

/** KEY of `KEY: value`, `KEY = value`, `"KEY": value`, `KEY=value`; of a section's name as well. */
const KEY = /^(\s*(?:- )?["'[]{0,2})([A-Za-z][\w.-]*)(["'\]]?\s*(?:[:=]|\.|\]))/;

function renamed(line: string, random: () => number): string | undefined {
  const match = KEY.exec(line);
  if (match === null) return undefined;
  const [, lead = "", key = "", tail = ""] = match;
  return `${lead}${typo(key, random)}${tail}${line.slice(match[0].length)}`;
}

function changed(line: string, random: () => number): string | undefined {
  const match = /^(\s*(?:- )?[^:=]*[:=]\s*|\s*- )(.+?)([,\s]*)$/.exec(line);
  if (match === null) return undefined;
  const [, lead = "", value = "", tail = ""] = match;
  return `${lead}${otherValue(value, random)}${tail}`;
}

function otherValue(value: string, random: () => number): string {
  const swapped = value.replace(/\b(true|false|yes|no)\b/, (word) => OPPOSITE[word] ?? word);
  if (swapped !== value) return swapped;
  const number = /\d+/.exec(value);
  if (number !== null && random() < 0.6) {
    const now = Number(number[0]);
    const other = pick([now + 1, now - 1, now * 10, 0, now + 7, 99_999_999], random);
    return value.replace(/\d+/, String(other));
  }
  const word = /[A-Za-z]{2,}/.exec(value);
  if (word === null || random() < 0.2) return pick(['""', "nonsense", "[]"], random);
  return value.replace(word[0], typo(word[0], random));
}

const OPPOSITE: Readonly<Record<string, string>> = {
  true: "false",
  false: "true",
  yes: "no",
  no: "yes",
};

/** A letter left out, doubled, or two in the wrong order. */
function typo(word: string, random: () => number): string {
  const at = Math.floor(random() * Math.max(1, word.length - 1));
  const [a = "", b = ""] = [word.charAt(at), word.charAt(at + 1)];
  const made = pick(
    [
      word.slice(0, at) + word.slice(at + 1),
      word.slice(0, at) + a + a + word.slice(at + 1),
      word.slice(0, at) + b + a + word.slice(at + 2),
    ],
    random,
  );
  return made === word || made === "" ? `${word}x` : made;
}
