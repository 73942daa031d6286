import { nearest, type Problem, type SourceLocation } from "../../base/mod.ts";
import { ProblemList } from "../document/problems.ts";
import {
  type ConfigInput,
  decodeSource,
  type Parsed,
  type SourceText,
} from "../document/source-text.ts";
import { checkUnit } from "./check-unit.ts";
import type { UnitEntry } from "./unit-entry.ts";
import { UnitFile } from "./unit-file.ts";
import { OTHER_SECTIONS, UNIT_KEYS } from "./unit-keys.ts";

/** How much of a unit a file is. */
export interface ParseUnitOptions {
  /** True for a drop-in, or for a main file whose drop-ins bring the rest. */
  readonly isPartial?: boolean;
}

/**
 * Parses a systemd unit or drop-in (systemd.syntax(7)). Unknown sections and keys are warnings, as
 * systemd ignores them with one; a whole `.service` file without a command is an error.
 */
export function parseUnit(
  input: ConfigInput,
  file: string,
  options: ParseUnitOptions = {},
): Parsed<UnitFile> {
  const decoded = decodeSource(input, file, "unit");
  if (decoded.value === undefined) return { value: undefined, problems: decoded.problems };
  const parser = new UnitParser(decoded.value);
  const unit = new UnitFile(file, parser.parse());
  const problems = [...decoded.problems, ...parser.problems.all];
  if (options.isPartial !== true) problems.push(...checkUnit(unit));
  return { value: unit, problems };
}

/** True where a line ends in a backslash that is not itself escaped. */
function endsInBackslash(line: string): boolean {
  let count = 0;
  while (line.charAt(line.length - 1 - count) === "\\") count++;
  return count % 2 === 1;
}

/** A piece of a joined value: from `valueStart` on it stands at `sourceStart` of the file. */
interface Piece {
  readonly valueStart: number;
  readonly sourceStart: number;
}

class UnitParser {
  readonly problems = new ProblemList();
  readonly #source: SourceText;
  readonly #entries: UnitEntry[] = [];
  /** Undefined before the first header; null inside a section that is skipped. */
  #section: string | null | undefined;

  constructor(source: SourceText) {
    this.#source = source;
  }

  parse(): readonly UnitEntry[] {
    const { text } = this.#source;
    let joined = "";
    let pieces: Piece[] = [];
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf("\n", start);
      const end = newline === -1 ? text.length : newline;
      const line = text.slice(start, end).replace(/\r$/, "");
      // A comment inside a continuation is left out, and the continuation goes on.
      if (!/^\s*[#;]/.test(line)) {
        pieces.push({ valueStart: joined.length, sourceStart: start });
        const continues = endsInBackslash(line);
        joined += continues ? `${line.slice(0, -1)} ` : line;
        if (!continues) {
          this.#line(joined, pieces);
          joined = "";
          pieces = [];
        }
      }
      start = end + 1;
    }
    if (joined !== "") this.#line(joined, pieces);
    return this.#entries;
  }

  #line(line: string, pieces: readonly Piece[]): void {
    const text = line.trim();
    if (text === "") return;
    const start = line.length - line.trimStart().length;
    const locate = (offset: number): SourceLocation => this.#locate(offset, pieces);
    if (text.startsWith("[")) this.#header(text, locate(start));
    else this.#assignment(line, locate, start);
  }

  #header(text: string, location: SourceLocation): void {
    this.#section = null;
    const name = /^\[(.+)\]$/.exec(text)?.[1];
    if (name === undefined) {
      this.#report("syntax", "error", location, {
        message: "Cannot parse unit: a section header is not closed",
        fix: "write the section's name in brackets, alone on its line",
      });
    } else if (UNIT_KEYS.has(name) || OTHER_SECTIONS.has(name) || name.startsWith("X-")) {
      this.#section = name;
    } else {
      const near = nearest(name, [...UNIT_KEYS.keys(), ...OTHER_SECTIONS]);
      this.#report("unknown-section", "warning", location, {
        message: `Unknown section: "${name}"`,
        fix: near === undefined ? "remove it" : `write [${near}]`,
      });
    }
  }

  #assignment(line: string, locate: (offset: number) => SourceLocation, start: number): void {
    const location = locate(start);
    if (this.#isRestOfCommand(line.trim(), location)) return;
    const equals = line.indexOf("=");
    if (equals === -1 || line.slice(start, equals).trim() === "") {
      this.#report("syntax", "error", location, {
        message: `Cannot parse unit: a line without ${equals === -1 ? "=" : "a key"}`,
        fix: "write Key=value, or start a comment with #",
      });
      return;
    }
    if (this.#section === undefined) {
      this.#report("syntax", "error", location, {
        message: "Cannot parse unit: an assignment before the first section header",
        fix: "put it under [Unit], [Service] or [Install]",
      });
    }
    const section = this.#section;
    if (section === undefined || section === null) return;
    const key = line.slice(start, equals).trim();
    const rest = line.slice(equals + 1);
    const valueStart = equals + 1 + (rest.length - rest.trimStart().length);
    this.#checkKey(section, key, location);
    this.#entries.push({
      section,
      key,
      value: rest.trim(),
      location,
      locate: (offset) => locate(valueStart + offset),
    });
  }

  /** A flag at the start of a line: the command on the line before was meant to go on. */
  #isRestOfCommand(text: string, location: SourceLocation): boolean {
    const last = this.#entries.at(-1);
    if (!/^--?[A-Za-z]/.test(text) || last?.key.startsWith("Exec") !== true) return false;
    const lines = this.#source.text.split("\n");
    const before = (lines[location.line - 2] ?? "").replace(/\r$/, "");
    const blanks = before.length - before.trimEnd().length;
    const isBlankAfter = blanks > 0 && before.trimEnd().endsWith("\\");
    const { file, line } = location;
    const column = before.trimEnd().length + (isBlankAfter ? 0 : 1);
    this.#report(
      "syntax",
      "error",
      { file, line: line - 1, column: Math.max(1, column) },
      {
        message: isBlankAfter
          ? `Cannot parse unit: a blank follows the backslash, so that ${last.key}= ends here`
          : `Cannot parse unit: the backslash is missing at the end of this line, so that ${last.key}= ends here`,
        fix: isBlankAfter
          ? "remove the blank after the backslash"
          : "write a backslash at the end of the line, or remove the line below it",
      },
    );
    return true;
  }

  #checkKey(section: string, key: string, location: SourceLocation): void {
    const known = UNIT_KEYS.get(section);
    if (known === undefined || known.includes(key) || key.startsWith("X-")) return;
    this.problems.add(() => {
      const right = [...UNIT_KEYS].find(([, keys]) => keys.includes(key))?.[0];
      const near = nearest(key, known);
      const suggestion = near === undefined ? "remove it" : `write ${near}=`;
      return {
        code: "unknown-key",
        severity: "warning",
        message: `Unknown key in [${section}]: ${key}`,
        locations: [location],
        fix: right === undefined ? suggestion : `move it to [${right}]`,
      };
    });
  }

  #locate(offset: number, pieces: readonly Piece[]): SourceLocation {
    // The last piece that begins at or before the offset, by halving: there may be many lines.
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((pieces[middle]?.valueStart ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = pieces[low];
    return this.#source.locate((piece?.sourceStart ?? 0) + offset - (piece?.valueStart ?? 0));
  }

  #report(
    code: string,
    severity: Problem["severity"],
    location: SourceLocation,
    text: { readonly message: string; readonly fix: string },
  ): void {
    this.problems.add(() => ({ code, severity, ...text, locations: [location] }));
  }
}
