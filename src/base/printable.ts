/**
 * What a terminal obeys instead of showing it: C0 but tab and line feed, DEL, C1, and the marks and
 * controls that change the direction of text (Unicode Standard Annex #9).
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Bold, faint, colours and their ends: what nodewright itself writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape begins a style
const STYLES = /(\u001b\[(?:0|1|2|22|3[1-6]|39)m)/;

/**
 * A text as it may go to a terminal: control characters as `\x1b` or `\u202e`. Text comes from files,
 * nodes and pods, and what a terminal obeys is not for them to say. Line feeds and tabs stay. With
 * `styles`, colours and bold stay as well.
 */
export function printable(text: string, options: { readonly styles?: boolean } = {}): string {
  if (options.styles !== true) return text.replace(CONTROLS, escaped);
  const parts = text.split(STYLES);
  // Every second part is a style.
  return parts.map((part, i) => (i % 2 === 1 ? part : part.replace(CONTROLS, escaped))).join("");
}

/**
 * A text as one line: what a file, a node or an argument says may not begin a line of its own, such as
 * a `fix:` that nodewright never gave.
 */
export function oneLine(text: string): string {
  return text.replace(/\r?\n/g, "\\n");
}

/** How `printableJson` writes: as JSON.stringify takes them. */
export interface JsonOptions {
  readonly indent?: number;
  readonly replacer?: (key: string, value: unknown) => unknown;
}

/** As JSON with the same characters escaped: JSON itself lets DEL, C1 and directions through. */
export function printableJson(value: unknown, { indent, replacer }: JsonOptions = {}): string {
  return JSON.stringify(value, replacer, indent).replace(
    CONTROLS,
    (character) => `\\u${codeOf(character).padStart(4, "0")}`,
  );
}

function escaped(character: string): string {
  const code = codeOf(character);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code}`;
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}

/** The mode of a file is octal text in every document, as in `"0644"`: a replacer of JSON.stringify. */
export function octalModes(key: string, value: unknown): unknown {
  return key === "mode" && typeof value === "number" ? value.toString(8).padStart(4, "0") : value;
}
