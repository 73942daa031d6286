import { applyEdits } from "../../../check/fix/mod.ts";
import type { Finding } from "../../../check/mod.ts";

type Read = (file: string) => string | undefined;

/** What a user would have after doing what a fix says: the new texts by file. */
export type Followed = ReadonlyMap<string, string>;

/** Does what `--fix` would do for one finding; undefined where it would leave it to the user. */
export function followEdits({ edits = [] }: Finding, read: Read): Followed | undefined {
  if (edits.length === 0) return undefined;
  const made = applyEdits(edits, read);
  const isWhole = edits.every((edit) => made.some(({ file }) => file === edit.file));
  if (!isWhole || made.some(({ refused }) => refused.length > 0)) return undefined;
  return new Map(made.map(({ file, after }) => [file, after]));
}

/**
 * Does by hand what the words of a fix say, where they name a value or a key: at the first place
 * that the finding shows. Undefined for fixes that leave the value to the user.
 */
export function followWords(finding: Finding, read: Read): Followed | undefined {
  const [place] = finding.locations;
  if (place === undefined) return undefined;
  const text = read(place.file);
  if (text === undefined) return undefined;
  const offset = offsetOf(text, place);
  // What is said behind the first way is another one.
  const fix = finding.fix.replace(/\.$/, "").split(/; |, (?:or|if|unless) | or (?=")/)[0] ?? "";
  const after = changed({ fix, text, offset, isKey: isOfKey(finding.message), file: place.file });
  return after === undefined ? undefined : new Map([[place.file, after]]);
}

/** Findings whose place is a key's. */
function isOfKey(message: string): boolean {
  return /^Unknown key|^Duplicate key|does not know the feature gate|^Settings for a node/.test(
    message,
  );
}

interface Step {
  readonly fix: string;
  readonly text: string;
  readonly offset: number;
  /** Whether the place is that of a key. */
  readonly isKey: boolean;
  readonly file: string;
}

function changed({ fix, text, offset, isKey, file }: Step): string | undefined {
  const isData = /\.(ya?ml|toml|json|conf|conflist)$|kubeconfig$/.test(file);
  if (/^remove it$/i.test(fix)) return isData ? withoutEntry(text, offset) : undefined;
  const quoted = /^write ("(?:[^"\\]|\\.)*")(?: in quotes)?$/i.exec(fix)?.[1];
  const isUnquoted = / without quotes$/.test(fix);
  const bare =
    /^write (\S+) without quotes$|^write (\[.*\])$|^write ([a-z]+|\/\S+|https?:\S+)$/i.exec(fix);
  const value = quoted ?? bare?.[1] ?? bare?.[2] ?? bare?.[3];
  if (value !== undefined) {
    const by = quoted !== undefined && (isKey || !isData) ? quoted.slice(1, -1) : value;
    return replaceToken(text, offset, {
      by: isUnquoted ? by : quoteAs(text, offset, by),
      isKey,
    });
  }
  const assigned = /^(?:Set|Write) ([\w.]+)(?: = |: )(\S+)$/.exec(fix);
  const key = assigned?.[1]?.split(".").at(-1) ?? "";
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1).split("\n", 1)[0] ?? "";
  return assigned !== null && isData && new RegExp(`["']?${key}["']?\\s*[:=]`).test(line)
    ? replaceToken(text, offset, { by: assigned[2] ?? "", isKey: false })
    : undefined;
}

/** A path or word goes into the quotes that stand there. */
function quoteAs(text: string, offset: number, by: string): string {
  const quote = text.charAt(offset);
  return (quote === '"' || quote === "'") && !/^["'[{\d]/.test(by) ? `${quote}${by}${quote}` : by;
}

function replaceToken(
  text: string,
  offset: number,
  { by, isKey }: { readonly by: string; readonly isKey: boolean },
): string {
  const rest = text.slice(offset);
  const token =
    /^"(?:[^"\\]|\\.)*"|^'[^']*'|^\[[^\]]*\]/.exec(rest)?.[0] ??
    (isKey ? /^[\w.-]+/ : /^[^\s,}\]#]+/).exec(rest)?.[0] ??
    "";
  return `${text.slice(0, offset)}${by}${rest.slice(token.length)}`;
}

/** The line of a key, and what is indented below it. */
function withoutEntry(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const indent = offset - start;
  const lines = text.slice(start).split("\n");
  const next = lines.findIndex(
    (line, index) => index > 0 && line.trim() !== "" && line.search(/\S/) <= indent,
  );
  const kept = next === -1 ? [] : lines.slice(next);
  return text.slice(0, start) + kept.join("\n");
}

function offsetOf(text: string, place: { readonly line: number; readonly column: number }): number {
  const starts = text.split("\n").slice(0, place.line - 1);
  return starts.reduce((sum, line) => sum + line.length + 1, 0) + place.column - 1;
}
