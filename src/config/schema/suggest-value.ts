import { type ConfigNode, type ScalarNode, toPlain } from "../document/config-document.ts";
import type { SchemaNode } from "./schema.ts";
import { hasFormat, type TextFormat } from "./text-formats.ts";

/**
 * Says how to mend a value of the wrong type, as `write "10250" in quotes` for 10250. Whatever it
 * names the schema takes; undefined where that is not to be told from the value.
 */
export function suggestForType(node: ConfigNode, schema: SchemaNode): string | undefined {
  if (schema.secret === true || node.kind !== "scalar" || node.value === null) return undefined;
  const plain = String(toPlain(node));
  switch (schema.type) {
    case "text":
      return schema.format === undefined
        ? `write ${JSON.stringify(asWritten(node))} in quotes`
        : quoted(ofFormat(schema.format, plain));
    case "choice":
      return typeof node.value === "boolean"
        ? wordFor(node.value, schema.choices)
        : quoted(schema.choices.filter((word) => word === plain));
    case "integer":
    case "number": {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = schema;
      const isInside = Number(plain) >= min && Number(plain) <= max;
      return /^-?\d+$/.test(plain) && isInside ? `write ${plain} without quotes` : undefined;
    }
    case "boolean": {
      const meant = TRUTH.get(plain.toLowerCase());
      return meant === undefined ? undefined : `write ${meant} without quotes`;
    }
    case "list": {
      const items = typeof node.value === "string" ? plain.split(",") : [plain];
      const words = items.map((item) => item.trim()).filter((item) => item !== "");
      const isText = words.every((word) => takesText(schema.items, word));
      const list = words.map((word) => JSON.stringify(word)).join(", ");
      return isText && words.length > 0 ? `write [${list}]` : "write a list";
    }
    default:
      return undefined;
  }
}

/** What a text that has not the form was probably meant to be: `"15"` for a duration. */
export function suggestForFormat(value: string, format: TextFormat): string | undefined {
  return quoted(ofFormat(format, value));
}

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on", "1"].map((word) => [word, true] as const),
  ...["false", "no", "off", "0"].map((word) => [word, false] as const),
]);
const TRUE_WORDS = ["always", "enabled", "on", "yes"];
const FALSE_WORDS = ["never", "none", "disabled", "off", "no"];

/** The choice that means as much as true or false. */
function wordFor(value: boolean, choices: readonly string[]): string | undefined {
  const meant = value ? TRUE_WORDS : FALSE_WORDS;
  const word = choices.find((choice) => meant.includes(choice.toLowerCase()));
  return word === undefined ? undefined : `write ${word}`;
}

/** The digits of the file: `0600` is a number to YAML, and 384. */
function asWritten(node: ScalarNode): string {
  return node.source ?? String(node.value);
}

/** Values of a format that a bare number, or nearly such a value, can mean; each has the form. */
function ofFormat(format: TextFormat, plain: string): readonly string[] {
  const candidates = [plain, ...(CANDIDATES[format]?.(plain.trim()) ?? [])];
  return candidates.filter((candidate) => hasFormat(format, candidate));
}

const CANDIDATES: { readonly [F in TextFormat]?: (plain: string) => readonly string[] } = {
  duration: (plain) => {
    if (plain === "0") return ["0s"];
    if (/^\d+$/.test(plain)) return [`${plain}s`, `${plain}m`];
    const [, count = "", unit = ""] = /^(\d+)\s*([a-z]+)$/i.exec(plain) ?? [];
    const found = DURATION_WORDS.find(([words]) => words.test(unit));
    return found === undefined ? [] : [found[1](Number(count))];
  },
  percent: (plain) => [`${plain.replace(/\s*%$/, "")}%`],
  quantity: binaryOrDecimal,
  "quantity-or-percent": binaryOrDecimal,
};

const DURATION_WORDS: readonly (readonly [RegExp, (count: number) => string])[] = [
  [/^s(ec(ond)?s?)?$/i, (count) => `${count}s`],
  [/^m(in(ute)?s?)?$/i, (count) => `${count}m`],
  [/^h((ou)?rs?)?$/i, (count) => `${count}h`],
  [/^d(ays?)?$/i, (count) => `${count * 24}h`],
];

/** `100MB` is `100M`, or meant as `100Mi`. */
function binaryOrDecimal(plain: string): readonly string[] {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMGTPE])i?B?$/i.exec(plain) ?? [];
  return [`${count}${unit.toUpperCase()}i`];
}

function takesText(schema: SchemaNode, word: string): boolean {
  if (schema.type === "choice") return schema.choices.includes(word);
  if (schema.type !== "text") return false;
  return schema.format === undefined || hasFormat(schema.format, word);
}

function quoted(values: readonly string[]): string | undefined {
  if (values.length === 0) return undefined;
  return `write ${values.map((value) => JSON.stringify(value)).join(" or ")}`;
}
