import type { Located } from "../schema/config-reader.ts";
import type { UnitEntry } from "./unit-entry.ts";

/** A word with its UTF-16 offset in the text that was split. */
export interface Word {
  readonly value: string;
  readonly offset: number;
  /** True where any of it was quoted or escaped: a quoted ";" does not end a command. */
  readonly isQuoted: boolean;
}

/** The words of a value, and what was wrong with its quoting. */
export interface SplitResult {
  readonly words: readonly Word[];
  readonly fault: { readonly message: string; readonly offset: number } | undefined;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
  ["s", " "],
]);
const NUMERIC = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/;

/** What follows a backslash, as systemd.syntax(7) reads it, and how many characters that takes. */
function decodeEscape(rest: string): { value: string; length: number } {
  const simple = ESCAPES.get(rest.charAt(0));
  if (simple !== undefined) return { value: simple, length: 1 };
  const match = NUMERIC.exec(rest);
  const hex = match?.[1] ?? match?.[2] ?? match?.[3];
  const code = hex === undefined ? Number.parseInt(match?.[4] ?? "", 8) : Number.parseInt(hex, 16);
  // An unknown sequence stays as it is, backslash included.
  if (match === null || !(code <= 0x10ffff)) {
    return { value: `\\${rest.charAt(0)}`, length: Math.min(1, rest.length) };
  }
  return { value: String.fromCodePoint(code), length: match[0].length };
}

/** Splits a value into words: white space, both quotes, C escapes. Stops at a quoting fault. */
export function splitWords(text: string): SplitResult {
  const words: Word[] = [];
  let i = 0;
  for (;;) {
    while (i < text.length && /\s/.test(text.charAt(i))) i++;
    if (i >= text.length) return { words, fault: undefined };
    const start = i;
    let value = "";
    let quote = "";
    let isQuoted = false;
    for (; i < text.length; i++) {
      const char = text.charAt(i);
      if (quote === "" && /\s/.test(char)) break;
      if (char === "\\") {
        const escaped = decodeEscape(text.slice(i + 1, i + 12));
        value += escaped.value;
        i += escaped.length;
        isQuoted = true;
      } else if (quote !== "" && char === quote) quote = "";
      // A quote in the middle of a word opens one too: Environment=ONE='a b' is in the manual.
      else if (quote === "" && (char === '"' || char === "'")) {
        quote = char;
        isQuoted = true;
      } else value += char;
    }
    if (quote !== "") {
      const message = `a ${quote === '"' ? "double" : "single"} quote is not closed`;
      return { words, fault: { message, offset: start } };
    }
    words.push({ value, offset: start, isQuoted });
  }
}

/** One command of an Exec key. */
export interface ExecCommand {
  /** The special characters in front of the path: any of `@ - : + ! |`. */
  readonly prefixes: string;
  /** The path or name to execute. */
  readonly executable: Located<string>;
  /** What follows it; with the prefix `@` without the name that the process is given. */
  readonly args: readonly Located<string>[];
}

const PREFIXES = /^[@\-:+!|]*/;

/** Splits an Exec value into its commands (a lone `;` separates two). */
export function splitCommands(entry: UnitEntry): {
  readonly commands: readonly ExecCommand[];
  readonly fault: SplitResult["fault"];
} {
  const { words, fault } = splitWords(entry.value);
  const groups: Word[][] = [[]];
  for (const word of words) {
    if (word.value === ";" && !word.isQuoted) groups.push([]);
    else groups.at(-1)?.push(word.value === "\\;" ? { ...word, value: ";" } : word);
  }
  const commands = groups.flatMap((group) => toCommand(group, entry));
  return { commands, fault };
}

function toCommand(words: readonly Word[], entry: UnitEntry): ExecCommand[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  const prefixes = PREFIXES.exec(first.value)?.[0] ?? "";
  const locate = (value: string, offset: number): Located<string> => ({
    value,
    location: entry.locate(offset),
    isDefault: false,
  });
  const args = rest.map((word) => locate(word.value, word.offset));
  return [
    {
      prefixes,
      executable: locate(first.value.slice(prefixes.length), first.offset + prefixes.length),
      args: prefixes.includes("@") ? args.slice(1) : args,
    },
  ];
}
