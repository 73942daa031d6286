import {
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  Scalar,
  type YAMLMap,
} from "yaml";
import type { Problem } from "../../base/mod.ts";
import {
  ConfigDocument,
  type ConfigNode,
  formatPath,
  type MapEntry,
  type Path,
} from "./config-document.ts";
import { duplicateKey, ProblemList, syntaxError, tooDeep } from "./problems.ts";
import { type ConfigInput, decodeSource, type Parsed, type SourceText } from "./source-text.ts";

/**
 * Parses one YAML document as the Kubernetes programs read it: a single document, string keys,
 * no aliases (they allow a small file to expand without bound), `y`, `yes`, `on` and their opposites
 * taken as booleans with a warning. Duplicate keys are errors that still leave a value.
 */
export function parseYaml(input: ConfigInput, file: string): Parsed<ConfigDocument> {
  const decoded = decodeSource(input, file, "yaml");
  const source = decoded.value;
  if (source === undefined) return { value: undefined, problems: decoded.problems };
  const problems = [...decoded.problems];
  try {
    const parsed = parseDocument(source.text, {
      version: "1.2",
      schema: "core",
      uniqueKeys: false, // found below, with both places
      prettyErrors: false, // their text quotes the source, which may hold secrets
      logLevel: "error", // "silent" would also hide a second document
    });
    for (const error of [...parsed.errors, ...parsed.warnings]) {
      const [what, fix] = SYNTAX[error.code] ?? ["text that is not YAML"];
      problems.push(syntaxError("YAML", what, source.locate(error.pos[0]), fix));
    }
    if (parsed.errors.length > 0) return { value: undefined, problems: problems.slice(0, 10) };
    const builder = new TreeBuilder(source);
    const root = builder.node(parsed.contents, [], 0);
    return {
      value: new ConfigDocument(source, root),
      problems: [...problems, ...builder.problems.all],
    };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { value: undefined, problems: [...problems, tooDeep("YAML", source.locate(0))] };
  }
}

const BOOLEAN_WORD = /^(?:[yYnN]|yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF)$/;
const LEADING_ZERO = /^[-+]?0\d+$/;

class TreeBuilder {
  readonly problems = new ProblemList();
  readonly #source: SourceText;
  /** One is told: a file that uses them has many. */
  #hasAlias = false;

  constructor(source: SourceText) {
    this.#source = source;
  }

  node(node: unknown, path: Path, fallbackOffset: number): ConfigNode {
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) {
      const offset = node.range?.[0] ?? fallbackOffset;
      const items = node.items.map((item, i) => this.node(item, [...path, i], offset));
      return { kind: "list", offset, items };
    }
    if (isScalar(node)) return this.#scalar(node, path, fallbackOffset);
    if (isAlias(node) && !this.#hasAlias) {
      this.#hasAlias = true;
      this.#report("alias", node.range?.[0] ?? fallbackOffset, {
        message: `Cannot follow the alias at ${formatPath(path)}`,
        fix: "write the value out in full, here and at every other alias",
      });
    }
    return { kind: "scalar", offset: fallbackOffset, value: null };
  }

  #map(map: YAMLMap, path: Path): ConfigNode {
    const offset = map.range?.[0] ?? 0;
    const entries = new Map<string, MapEntry>();
    for (const pair of map.items) {
      const keyOffset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      if (!isScalar(pair.key)) {
        const message = `Expected a plain key in ${formatPath(path)}, found a list, map or alias`;
        this.#report("wrong-type", keyOffset, { message, fix: "write a word as the key" });
        continue;
      }
      const key = String(pair.key.value ?? "");
      const first = entries.get(key);
      if (first !== undefined) {
        const at = (o: number) => this.#source.locate(o);
        this.problems.add(() => duplicateKey(path, key, at(keyOffset), at(first.keyOffset)));
      }
      entries.set(key, { keyOffset, node: this.node(pair.value, [...path, key], keyOffset) });
    }
    return { kind: "map", offset, entries };
  }

  #scalar(scalar: Scalar, path: Path, fallbackOffset: number): ConfigNode {
    const offset = scalar.range?.[0] ?? fallbackOffset;
    const { value, source = "", type } = scalar;
    if (type === Scalar.PLAIN && typeof value === "string" && BOOLEAN_WORD.test(value)) {
      const meant = /^(?:y|on$)/i.test(value);
      this.#report("ambiguous-value", offset, {
        severity: "warning",
        message: `Found a word at ${formatPath(path)} that Kubernetes reads as ${meant}: ${value}`,
        fix: `write ${meant}, or "${value}" in quotes for the word itself`,
      });
      return { kind: "scalar", offset, value: meant };
    }
    if (typeof value === "number" && LEADING_ZERO.test(source)) {
      this.#report("ambiguous-value", offset, {
        severity: "warning",
        message: `Found a number at ${formatPath(path)} that Kubernetes reads as octal: ${source}`,
        fix: "write it without leading zeros",
      });
      const octal = Number.parseInt(source, 8);
      return { kind: "scalar", offset, value: Number.isNaN(octal) ? value : octal, source };
    }
    if (typeof value === "boolean" || typeof value === "number" || value === null) {
      return { kind: "scalar", offset, value };
    }
    return { kind: "scalar", offset, value: String(value) };
  }

  #report(
    code: string,
    offset: number,
    text: { severity?: Problem["severity"]; message: string; fix: string },
  ): void {
    const { severity = "error", message, fix } = text;
    this.problems.add(() => {
      return { code, severity, message, locations: [this.#source.locate(offset)], fix };
    });
  }
}

/** What each error of the YAML library means, without its quotations of the file. */
const SYNTAX: { readonly [C in ErrorCode]?: readonly [what: string, fix?: string] } = {
  ALIAS_PROPS: ["an alias with a tag or an anchor"],
  BAD_ALIAS: ["an alias without a name"],
  BAD_COLLECTION_TYPE: ["a tag that does not fit its value"],
  BAD_DIRECTIVE: ["a directive that is not YAML's", "remove the line that starts with %"],
  BAD_DQ_ESCAPE: ["a backslash sequence that is not YAML's", "use single quotes, or double it"],
  BAD_INDENT: ["a value that is not indented as its surroundings"],
  BAD_PROP_ORDER: ["an anchor or tag at a place where none can be"],
  BAD_SCALAR_START: ["a value that starts with a reserved character", "put it into quotes"],
  BLOCK_AS_IMPLICIT_KEY: ["a second key on one line", "start a new line, or quote the value"],
  BLOCK_IN_FLOW: ["an indented value inside brackets"],
  KEY_OVER_1024_CHARS: ["a key longer than 1024 characters"],
  MISSING_CHAR: ["a missing closing quote, bracket, comma or colon"],
  MULTILINE_IMPLICIT_KEY: ["a key that goes over several lines", "check for a missing colon"],
  MULTIPLE_ANCHORS: ["a value with two anchors"],
  MULTIPLE_DOCS: ["a second document after ---", "give one document in one file"],
  MULTIPLE_TAGS: ["a value with two tags"],
  NON_STRING_KEY: ["a key that is not a word"],
  TAB_AS_INDENT: ["a tab used as indentation", "indent with spaces"],
  TAG_RESOLVE_FAILED: ["a tag that is unknown here", "remove the word that starts with !"],
  UNEXPECTED_TOKEN: ["text at a place where none can be", "check the indentation"],
};
