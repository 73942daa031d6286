import type { SourceLocation } from "../../base/mod.ts";

/** Where lines of files can be had; undefined where a file is not at hand or not to be shown. */
export type ReadText = (file: string) => string | undefined;

/** More of a line is cut off around the place. */
const MAX_COLUMNS = 100;
const TAB = "  ";
/** Lines that can hold a secret, in any of the formats. */
const SECRET = /(?:-data|token|password|secret|private[-_]?key)\s{0,9}["']?\s{0,9}[:=]/i;

/** A line of a file with a caret below the place: two lines, or none where it cannot be shown. */
export function quote({ line, column, file }: SourceLocation, read: ReadText): readonly string[] {
  const text = read(file)?.split("\n")[line - 1]?.replace(/\r$/, "");
  if (text === undefined || text.trim() === "") return [];
  const number = String(line).padStart(5);
  const gutter = `${" ".repeat(5)} |`;
  if (SECRET.test(text)) return [`${number} | ${nameOf(text)} ***`];
  const at = Math.min(column - 1, text.length);
  const start = at > MAX_COLUMNS - 20 ? at - Math.floor(MAX_COLUMNS / 2) : 0;
  const shown = text.slice(start, start + MAX_COLUMNS);
  const before = printable(shown.slice(0, at - start));
  const lead = start > 0 ? "..." : "";
  const tail = start + MAX_COLUMNS < text.length ? "..." : "";
  return [
    `${number} | ${lead}${printable(shown)}${tail}`,
    `${gutter} ${" ".repeat(lead.length + before.length)}^`,
  ];
}

function nameOf(line: string): string {
  return printable(line.slice(0, line.search(/[:=]/) + 1));
}

/** Tabs as blanks, and nothing that a terminal would take for a command. */
function printable(text: string): string {
  return text.replaceAll("\t", TAB).replace(/\p{Cc}/gu, "?");
}
