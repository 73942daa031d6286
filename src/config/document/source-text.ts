import { LineIndex, type Problem, type SourceLocation } from "../../base/mod.ts";

/** What a parser takes: the bytes of a file, or its text where it has been decoded already. */
export type ConfigInput = string | Uint8Array;

/** A pure stage's answer: a value where one could be made, and everything that was found. */
export interface Parsed<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** The file formats of this folder; their readers differ in what they tolerate. */
export type ConfigFormat = "yaml" | "toml" | "json" | "unit";

/** Files larger than this are refused before they are parsed. Bytes, or UTF-16 units of a text. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/** What turns the offsets of a document into places. */
export interface PlaceSource {
  /** The file's name, or that of the main one of several. */
  readonly file: string;
  locate(offset: number): SourceLocation;
  /** False where the value at an offset is a flag's. Absent: every value is in a file. */
  isInFile?(offset: number): boolean;
}

/** A decoded file whose offsets can be turned into lines and columns. */
export class SourceText implements PlaceSource {
  readonly file: string;
  readonly text: string;
  #lines: LineIndex | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** The place of a UTF-16 offset. */
  locate(offset: number): SourceLocation {
    this.#lines ??= new LineIndex(this.text);
    return { file: this.file, ...this.#lines.at(offset) };
  }
}

const REPLACEMENT = "\uFFFD";
const BOM = "\uFEFF";
// The programs that read these files stop at a byte order mark, except these two.
const BOM_TOLERANT: ReadonlySet<ConfigFormat> = new Set(["yaml", "unit"]);

/**
 * Decodes a file: refuses what is too large, not UTF-8 or binary; a byte order mark and CRLF line
 * ends are errors or warnings, as the file's consumer takes them.
 */
export function decodeSource(
  input: ConfigInput,
  file: string,
  format: ConfigFormat,
): Parsed<SourceText> {
  const problem = (code: string, message: string, fix: string, at = 0, text = ""): Problem => ({
    code,
    severity: "error",
    message,
    locations: [new SourceText(file, text).locate(at)],
    fix,
  });
  if (input.length > MAX_CONFIG_BYTES) {
    const message = `File is larger than ${MAX_CONFIG_BYTES} bytes: ${input.length}`;
    return { value: undefined, problems: [problem("too-large", message, "check the path")] };
  }
  const decoded = typeof input === "string" ? input : new TextDecoder().decode(input);
  // TextDecoder drops a leading mark from bytes; a string may still carry it.
  const hasBom = typeof input === "string" ? decoded.startsWith(BOM) : startsWithBom(input);
  const text = decoded.startsWith(BOM) ? decoded.slice(1) : decoded;
  const nul = text.indexOf("\0");
  if (nul !== -1) {
    const fix = "give a text file; this one holds binary data";
    return {
      value: undefined,
      problems: [problem("binary-file", "Found a NUL byte in a text file", fix, nul, text)],
    };
  }
  const invalid = text.indexOf(REPLACEMENT);
  if (invalid !== -1) {
    const fix = "save the file as UTF-8";
    return {
      value: undefined,
      problems: [problem("invalid-utf8", "Found bytes that are not UTF-8", fix, invalid, text)],
    };
  }
  const source = new SourceText(file, text);
  const problems: Problem[] = [];
  if (hasBom) problems.push(bomProblem(source, format));
  const carriageReturn = text.indexOf("\r\n");
  if (carriageReturn !== -1) {
    problems.push({
      code: "crlf",
      severity: "warning",
      message: "Found Windows line ends (CRLF)",
      locations: [source.locate(carriageReturn)],
      fix: "save the file with LF line ends",
    });
  }
  return { value: source, problems };
}

function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function bomProblem(source: SourceText, format: ConfigFormat): Problem {
  return {
    code: "byte-order-mark",
    severity: BOM_TOLERANT.has(format) ? "warning" : "error",
    message: "Found a byte order mark at the start of the file",
    locations: [source.locate(0)],
    fix: "save the file as UTF-8 without a byte order mark",
  };
}
