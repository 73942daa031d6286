import { LineIndex, type SourceLocation } from "../../base/mod.ts";
import { findSecrets } from "../../config/mod.ts";

/** Where lines of files can be had; undefined where a file is not at hand or not to be shown. */
export type ReadText = (file: string) => string | undefined;

/** More of a line is cut off around the place. */
const MAX_COLUMNS = 100;
const TAB = "  ";
/** Long, and of no use to a reader: certificates and keys in Base64. */
const DATA = /-data["']?[ \t]{0,9}:/i;

/** A file's lines, and where the secrets begin in those that have one. */
interface QuotedFile {
  readonly lines: readonly string[];
  readonly secretColumns: ReadonlyMap<number, number>;
}

/** Quotes places of files; reads each file once, however many findings are in it. */
export class Quoter {
  readonly #read: ReadText;
  readonly #files = new Map<string, QuotedFile | undefined>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** A line with a caret below the place: two lines, or none where it cannot be shown; never a secret. */
  quote({ line, column, file }: SourceLocation): readonly string[] {
    const known = this.#file(file);
    const text = known?.lines[line - 1]?.replace(/\r$/, "");
    if (known === undefined || text === undefined || text.trim() === "") return [];
    const number = String(line).padStart(5);
    const secret = known.secretColumns.get(line) ?? dataColumn(text);
    if (secret !== undefined) return [`${number} | ${shown(text.slice(0, secret - 1))} ***`];
    const at = Math.min(column - 1, text.length);
    const start = at > MAX_COLUMNS - 20 ? at - Math.floor(MAX_COLUMNS / 2) : 0;
    const lead = start > 0 ? "..." : "";
    const tail = start + MAX_COLUMNS < text.length ? "..." : "";
    const before = printable(text.slice(start, at));
    return [
      `${number} | ${lead}${printable(text.slice(start, start + MAX_COLUMNS))}${tail}`,
      `${" ".repeat(5)} | ${" ".repeat(lead.length + before.length)}^`,
    ];
  }

  #file(file: string): QuotedFile | undefined {
    if (!this.#files.has(file)) {
      const text = this.#read(file);
      this.#files.set(file, text === undefined ? undefined : readLines(text));
    }
    return this.#files.get(file);
  }
}

function readLines(text: string): QuotedFile {
  const index = new LineIndex(text);
  const secretColumns = new Map<number, number>();
  for (const { start, end } of findSecrets(text).flatMap(({ parts }) => parts)) {
    const first = index.at(start);
    const last = index.at(Math.max(start, end - 1)).line;
    for (let line = first.line; line <= last; line++) {
      const column = line === first.line ? first.column : 1;
      secretColumns.set(line, Math.min(column, secretColumns.get(line) ?? column));
    }
  }
  return { lines: text.split("\n"), secretColumns };
}

function dataColumn(text: string): number | undefined {
  const found = DATA.exec(text.slice(0, 1000));
  return found === null ? undefined : found.index + found[0].length + 1;
}

/** What is before a secret, without the quote that begins it. */
function shown(text: string): string {
  return printable(text.slice(-MAX_COLUMNS)).replace(/[\s"']+$/, "");
}

/** Tabs as blanks, and nothing that a terminal would take for a command. */
function printable(text: string): string {
  return text.replaceAll("\t", TAB).replace(/\p{Cc}/gu, "?");
}
