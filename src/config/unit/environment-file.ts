import type { SourceLocation } from "../../base/mod.ts";
import type { SourceText } from "../document/source-text.ts";

/** The value of a variable, every character of which knows its place. */
export interface VariableValue {
  readonly value: string;
  /** The place of the value's first character; of its name where the value is empty. */
  readonly location: SourceLocation;
  /** The place of a UTF-16 offset of `value`. */
  readonly locate: (offset: number) => SourceLocation;
}

/** One assignment of an environment file. */
export interface EnvironmentAssignment extends VariableValue {
  readonly name: string;
}

type State =
  | "pre-key"
  | "key"
  | "pre-value"
  | "value"
  | "value-escape"
  | "single"
  | "double"
  | "double-escape"
  | "comment"
  | "comment-escape";

const isNewline = (char: string): boolean => char === "\n" || char === "\r";
const isBlank = (char: string): boolean => char === " " || char === "\t" || isNewline(char);

/**
 * The assignments of an EnvironmentFile= in file order, as systemd.exec(5) has it: blanks around the
 * name and the value go, quotes may hold newlines, a backslash at a line's end continues it, also
 * that of a comment. Names that are no names of variables are left out, as systemd does.
 */
export function parseEnvironmentFile(source: SourceText): readonly EnvironmentAssignment[] {
  return new EnvironmentParser(source).parse().found;
}

/** The assignments that systemd leaves out for their names, such as `export A=b` of a shell's file. */
export function ignoredAssignments(
  source: SourceText,
): readonly { readonly value: string; readonly location: SourceLocation }[] {
  return new EnvironmentParser(source).parse().ignored;
}

class EnvironmentParser {
  readonly #source: SourceText;
  readonly #found: EnvironmentAssignment[] = [];
  readonly #ignored: { readonly value: string; readonly location: SourceLocation }[] = [];
  #state: State = "pre-key";
  #name = "";
  #nameAt = 0;
  #value = "";
  /** Where each character of the value stands in the file. */
  #places: number[] = [];
  /** The length of the value without the blanks at its end; undefined where it ends in none. */
  #chomped: number | undefined;

  constructor(source: SourceText) {
    this.#source = source;
  }

  parse() {
    const { text } = this.#source;
    for (let i = 0; i < text.length; i++) this.#take(text.charAt(i), i);
    if (!["pre-key", "key", "comment", "comment-escape"].includes(this.#state)) this.#push();
    return { found: this.#found, ignored: this.#ignored };
  }

  #take(char: string, at: number): void {
    switch (this.#state) {
      case "pre-key":
        if (char === "#" || char === ";") this.#state = "comment";
        else if (!isBlank(char)) {
          this.#state = "key";
          this.#name = char;
          this.#nameAt = at;
        }
        return;
      case "key":
        if (isNewline(char)) this.#state = "pre-key";
        else if (char === "=") this.#begin();
        else this.#name += char;
        return;
      case "comment":
        if (char === "\\") this.#state = "comment-escape";
        else if (isNewline(char)) this.#state = "pre-key";
        return;
      case "comment-escape":
        this.#state = "comment";
        return;
      default:
        this.#takeOfValue(char, at);
    }
  }

  #takeOfValue(char: string, at: number): void {
    switch (this.#state) {
      case "pre-value":
        if (isNewline(char)) this.#push();
        else if (char === "'") this.#state = "single";
        else if (char === '"') this.#state = "double";
        else if (char === "\\") this.#state = "value-escape";
        else if (!isBlank(char)) {
          this.#state = "value";
          this.#add(char, at);
        }
        return;
      case "value":
        if (isNewline(char)) this.#push();
        else if (char === "\\") {
          this.#state = "value-escape";
          this.#chomped = undefined;
        } else {
          this.#chomped = isBlank(char) ? (this.#chomped ?? this.#value.length) : undefined;
          this.#add(char, at);
        }
        return;
      case "value-escape":
        this.#state = "value";
        if (!isNewline(char)) this.#add(char, at);
        return;
      case "single":
        if (char === "'") this.#state = "pre-value";
        else this.#add(char, at);
        return;
      case "double":
        if (char === '"') this.#state = "pre-value";
        else if (char === "\\") this.#state = "double-escape";
        else this.#add(char, at);
        return;
      default:
        this.#state = "double";
        if (char === "\n") return;
        // As a shell has it: other characters keep their backslash.
        if (!'"\\`$'.includes(char)) this.#add("\\", at - 1);
        this.#add(char, at);
    }
  }

  #begin(): void {
    this.#state = "pre-value";
    this.#value = "";
    this.#places = [];
    this.#chomped = undefined;
  }

  #add(char: string, at: number): void {
    this.#value += char;
    this.#places.push(at);
  }

  #push(): void {
    const name = this.#name.trimEnd();
    const value = this.#state === "value" ? this.#value.slice(0, this.#chomped) : this.#value;
    this.#state = "pre-key";
    if (!isVariableName(name)) {
      this.#ignored.push({ value: name, location: this.#source.locate(this.#nameAt) });
      return;
    }
    const places = this.#places;
    const fallback = this.#nameAt;
    const locate = (offset: number): SourceLocation => {
      const last = places.at(-1);
      const at = places[offset] ?? (last === undefined ? fallback : last + 1);
      return this.#source.locate(at);
    };
    this.#found.push({ name, value, location: locate(0), locate });
  }
}

/** Whether systemd takes a word as the name of a variable: letters, digits and `_`, no digit first. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
