import type { PlainValue } from "../../config/mod.ts";

/** One value to set (or, without `set`, to remove) in a text. */
export interface TextEdit {
  readonly path: readonly (string | number)[];
  readonly set?: PlainValue;
}

/** A piece of a text, replaced. Offsets are UTF-16 units. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with one piece replaced. */
export function replace(text: string, { start, end, text: by }: Replacement): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** The offset at which the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset behind the line of an offset, its end included. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** Puts whole lines at an offset that begins a line, or behind the last one. */
export function insertLines(text: string, at: number, lines: string): string {
  const before = text.slice(0, at);
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  return `${before}${gap}${lines}\n${text.slice(at)}`;
}
