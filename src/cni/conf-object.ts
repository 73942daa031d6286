import { CNI_ERROR, CniError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** The bounds of an integer, both included. */
export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
}

/**
 * An object of a plugin's configuration, read key by key with types. A key counts in any case, as
 * for the reference plugins, whose JSON decoder does not tell them apart; an exact match goes
 * first. null is as good as absent. A value of the wrong type is CniError 7 with key and value.
 */
export class ConfObject {
  readonly raw: JsonObject;
  /** Where the object is in the configuration, for messages: `ipam.ranges[0][0]`; empty at the top. */
  readonly path: string;

  constructor(raw: JsonObject, path = "") {
    this.raw = raw;
    this.path = path;
  }

  has(key: string): boolean {
    return this.value(key) !== undefined;
  }

  /** The value as it stands; undefined where it is absent or null. */
  value(key: string): JsonValue | undefined {
    const exact = this.raw[key];
    if (exact !== undefined && Object.hasOwn(this.raw, key)) return exact ?? undefined;
    const lower = key.toLowerCase();
    for (const name of Object.keys(this.raw)) {
      if (name.toLowerCase() === lower) return this.raw[name] ?? undefined;
    }
    return undefined;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    throw this.wrong(key, "a text");
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw this.wrong(key, "true or false");
  }

  integer(key: string, { min, max }: IntegerRange = {}): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const isInside =
      typeof value === "number" &&
      Number.isInteger(value) &&
      value >= (min ?? value) &&
      value <= (max ?? value);
    if (isInside) return value;
    const from = max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`;
    throw this.wrong(key, `an integer${min === undefined ? "" : from}`);
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw this.wrong(key, "a list of texts");
  }

  object(key: string): ConfObject | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return new ConfObject(value, this.pathOf(key));
    throw this.wrong(key, "an object");
  }

  /** A list of objects; empty where it is absent. */
  objects(key: string): readonly ConfObject[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.wrong(key, "a list of objects");
    const objects: ConfObject[] = [];
    for (const item of value as readonly JsonValue[]) {
      if (!isJsonObject(item)) throw this.wrong(key, "a list of objects");
      objects.push(new ConfObject(item, `${this.pathOf(key)}[${objects.length}]`));
    }
    return objects;
  }

  /** One of a few words, told apart by case. */
  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.text(key);
    // As for the reference plugins, an empty text is no choice at all.
    if (value === undefined || value === "") return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.wrong(key, `one of ${choices.join(", ")}`);
    return found;
  }

  /** The name of a key in this object, for messages. */
  pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  /** A CniError 7 that says what was expected at a key and what was found, or that it is missing. */
  wrong(key: string, expected: string): CniError {
    const value = this.value(key);
    if (value === undefined) {
      return new CniError(
        CNI_ERROR.invalidConfig,
        `Cannot use the configuration: "${this.pathOf(key)}" is missing, expected ${expected}`,
      );
    }
    const found = show(value);
    const shown = found.length > 120 ? `${found.slice(0, 117)}...` : found;
    return new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use "${this.pathOf(key)}" of the configuration: ${shown} is not ${expected}`,
    );
  }
}

/** A value as JSON, as much of it as a message can hold: its depth and length may be anything. */
function show(value: JsonValue, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 200));
  if (typeof value !== "object" || value === null) return String(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (depth > 3) return `${open}...${close}`;
  const parts = Object.entries(value)
    .slice(0, 20)
    .map(([key, item]) => {
      const shown = show(item, depth + 1);
      return Array.isArray(value) ? shown : `${JSON.stringify(key.slice(0, 200))}:${shown}`;
    });
  return `${open}${parts.join(",")}${close}`;
}
