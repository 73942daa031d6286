import { findNodeAtLocation, type Node, type ParseError, parseTree } from "jsonc-parser";
import { LineIndex, type Problem } from "../../base/mod.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { ConfListPlugin, ParsedConf } from "./conf-list.ts";
import { parseExactObject } from "./exact-json.ts";
import { checkName, checkPluginType } from "./names.ts";

type Path = readonly (string | number)[];

/** A configuration file as JSON, the places of its values, and the problems found so far. */
export class ConfSource {
  readonly root: JsonObject | undefined;
  readonly #text: string;
  readonly #file: string;
  readonly #problems: Problem[] = [];
  readonly #lines: LineIndex;
  #tree: Node | undefined;

  constructor(text: string, file: string) {
    // A byte order mark is no part of the text, though JSON has no place for it.
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
    this.#file = file;
    this.#lines = new LineIndex(this.#text);
    this.root = this.#parse();
  }

  /** The value, where nothing is wrong with it, and all problems. */
  end<T>(value: T | undefined): ParsedConf<T> {
    const isWrong = this.#problems.some(({ severity }) => severity === "error");
    return { value: isWrong ? undefined : value, problems: this.#problems };
  }

  #parse(): JsonObject | undefined {
    const errors: ParseError[] = [];
    try {
      this.#tree = parseTree(this.#text, errors, { disallowComments: true });
      this.#noteDuplicates();
    } catch {
      // Nested too deeply for a parser that recurses: the beginning is place enough.
    }
    try {
      const root = parseExactObject(this.#text);
      if (root === undefined) this.problem([], "wrong-type", "Expected a JSON object");
      return root;
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : "";
      const why =
        thrown instanceof RangeError
          ? "values are nested too deeply"
          : text.replace(/^JSON Parse error: /, "");
      this.#add(errors[0]?.offset ?? 0, "syntax", `Cannot parse JSON: ${why}`);
      return undefined;
    }
  }

  /** JSON leaves open which of two equal keys counts; here as in the reference it is the last. */
  #noteDuplicates(): void {
    const open = this.#tree === undefined ? [] : [this.#tree];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      open.push(...(node.children ?? []));
      if (node.type !== "object") continue;
      const seen = new Set<unknown>();
      for (const { children: [key] = [] } of node.children ?? []) {
        if (key !== undefined && seen.has(key.value)) {
          const message = `Duplicate key, of which the last one counts: "${key.value}"`;
          this.#add(key.offset, "duplicate-key", message, "warning");
        }
        seen.add(key?.value);
      }
    }
  }

  plugin(item: JsonValue, path: Path): ConfListPlugin | undefined {
    if (!isJsonObject(item)) {
      this.problem(path, "wrong-type", "Expected a plugin as a JSON object");
      return undefined;
    }
    // The reference looks a plugin's own keys up in any case.
    const key = Object.keys(item).find((name) => name.toLowerCase() === "type") ?? "type";
    const type = this.text(item, key, path);
    const wrong = checkPluginType(type ?? "");
    if (type !== undefined && wrong === undefined) return { type, raw: item, file: this.#file };
    if (type !== undefined || item[key] === undefined) {
      this.problem([...path, key], "wrong-value", `Cannot use the plugin's "type": ${wrong}`);
    }
    return undefined;
  }

  name(root: JsonObject): string {
    const name = this.text(root, "name");
    const wrong = checkName(name ?? "");
    if (wrong !== undefined && (name !== undefined || root["name"] === undefined)) {
      this.problem(["name"], "wrong-value", `Cannot use the network's "name": ${wrong}`);
    }
    return name ?? "";
  }

  text(object: JsonObject, key: string, path: Path = []): string | undefined {
    const value = object[key];
    if (value === undefined || typeof value === "string") return value;
    this.problem([...path, key], "wrong-type", `Cannot use "${key}": expected a text`);
    return undefined;
  }

  texts(object: JsonObject, key: string): readonly string[] | undefined {
    const value = object[key];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.problem([key], "wrong-type", `Cannot use "${key}": expected a list of texts`);
    return undefined;
  }

  /** true, false, or the words in any case: what templates make of them. */
  boolean(object: JsonObject, key: string): boolean {
    const value = object[key];
    if (value === undefined) return false;
    const word = typeof value === "string" ? value.toLowerCase() : String(value);
    if (word === "true" || word === "false") return word === "true";
    this.problem([key], "wrong-type", `Cannot use "${key}": expected true or false`);
    return false;
  }

  problem(path: Path, code: string, message: string): void {
    this.#add(this.#offsetOf(path), code, message);
  }

  #add(
    offset: number,
    code: string,
    message: string,
    severity: Problem["severity"] = "error",
  ): void {
    const locations = [{ file: this.#file, ...this.#lines.at(offset) }];
    this.#problems.push({ code, severity, message, locations });
  }

  /** Where a value stands, or where the object stands that it is missing in. */
  #offsetOf(path: Path): number {
    for (let end = path.length; this.#tree !== undefined && end >= 0; end--) {
      const node = findNodeAtLocation(this.#tree, [...path.slice(0, end)]);
      if (node !== undefined) return node.offset;
    }
    return 0;
  }
}
