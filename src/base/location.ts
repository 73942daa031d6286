import { oneLine } from "./printable.ts";

/** A place in a text file. Line and column start at 1; column counts UTF-16 units. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Prints a location as `file:line:column`. */
export function formatLocation(location: SourceLocation): string {
  return `${oneLine(location.file)}:${location.line}:${location.column}`;
}

/** Converts between offsets and line/column of one text. */
export class LineIndex {
  readonly #starts: number[] = [0];
  constructor(text: string) {
    for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) {
      this.#starts.push(i + 1);
    }
  }

  /** The line and column (both from 1) of a UTF-16 offset into the text. */
  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}
