import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { ConfigDocument, type ConfigNode, type MapEntry, type Path } from "./config-document.ts";
import { duplicateKey, ProblemList, syntaxError, tooDeep } from "./problems.ts";
import { type ConfigInput, decodeSource, type Parsed, type SourceText } from "./source-text.ts";

/**
 * Parses strict JSON (RFC 8259): comments and trailing commas are errors; duplicate keys are
 * errors that still leave a value.
 */
export function parseJson(input: ConfigInput, file: string): Parsed<ConfigDocument> {
  const decoded = decodeSource(input, file, "json");
  const source = decoded.value;
  if (source === undefined) return { value: undefined, problems: decoded.problems };
  const problems = [...decoded.problems];
  try {
    const errors: ParseError[] = [];
    const tree = parseTree(source.text, errors, { disallowComments: true });
    const firstError = errors[0];
    if (tree === undefined || firstError !== undefined) {
      const [what, fix] = describe(firstError?.error, source.text);
      const location = source.locate(firstError?.offset ?? 0);
      return {
        value: undefined,
        problems: [...problems, syntaxError("JSON", what, location, fix)],
      };
    }
    const duplicates = new ProblemList();
    const root = toNode(tree, [], source, duplicates);
    return { value: new ConfigDocument(source, root), problems: [...problems, ...duplicates.all] };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { value: undefined, problems: [...problems, tooDeep("JSON", source.locate(0))] };
  }
}

function toNode(node: Node, path: Path, source: SourceText, problems: ProblemList): ConfigNode {
  const { offset, children = [] } = node;
  if (node.type === "array") {
    const items = children.map((child, i) => toNode(child, [...path, i], source, problems));
    return { kind: "list", offset, items };
  }
  if (node.type !== "object") return { kind: "scalar", offset, value: scalarOf(node.value) };
  const entries = new Map<string, MapEntry>();
  for (const { children: [keyNode, valueNode] = [] } of children) {
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(keyNode.value);
    const first = entries.get(key);
    if (first !== undefined) {
      const at = (offset: number) => source.locate(offset);
      problems.add(() => duplicateKey(path, key, at(keyNode.offset), at(first.keyOffset)));
    }
    const value = toNode(valueNode, [...path, key], source, problems);
    entries.set(key, { keyOffset: keyNode.offset, node: value });
  }
  return { kind: "map", offset, entries };
}

function scalarOf(value: unknown): string | number | boolean | null {
  const isPlain = typeof value === "number" || typeof value === "boolean" || value === null;
  return isPlain ? value : String(value);
}

function describe(code: number | undefined, text: string): readonly [string, string?] {
  if (text.trim() === "") return ["the file is empty", "write a JSON object"];
  const name = code === undefined ? "" : printParseErrorCode(code);
  return SYNTAX.get(name) ?? ["text that is not JSON"];
}

const SYNTAX: ReadonlyMap<string, readonly [what: string, fix?: string]> = new Map([
  ["InvalidSymbol", ["a word that is not JSON", "put text into double quotes"]],
  ["InvalidNumberFormat", ["a number that is not JSON"]],
  [
    "PropertyNameExpected",
    [
      "a key in double quotes was expected",
      "look for a trailing comma or a key without double quotes",
    ],
  ],
  ["ValueExpected", ["a value was expected", "look for a trailing comma"]],
  ["ColonExpected", ["a colon was expected after the key"]],
  ["CommaExpected", ["a comma was expected between two entries"]],
  ["CloseBraceExpected", ["a closing } is missing"]],
  ["CloseBracketExpected", ["a closing ] is missing"]],
  ["EndOfFileExpected", ["text after the end of the document"]],
  ["InvalidCommentToken", ["a comment, which JSON does not have", "remove it"]],
  ["UnexpectedEndOfComment", ["a comment, which JSON does not have", "remove it"]],
  ["UnexpectedEndOfString", ["a closing quote is missing"]],
  ["UnexpectedEndOfNumber", ["a number that is not complete"]],
  ["InvalidUnicode", ["a \\u sequence that is not complete"]],
  ["InvalidEscapeCharacter", ["a backslash sequence that is not JSON's"]],
  ["InvalidCharacter", ["a control character inside a string"]],
]);
