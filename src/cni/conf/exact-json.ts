import type { JsonObject, JsonValue } from "../json.ts";

/** What the engine has and TypeScript's library does not describe yet (ECMAScript 2026). */
interface SourceJson {
  parse(
    text: string,
    reviver: (
      this: unknown,
      key: string,
      value: JsonValue,
      context: { source?: string },
    ) => unknown,
  ): JsonValue;
  rawJSON(text: string): JsonValue;
}

/**
 * JSON.parse that keeps numbers as they are written: what a double cannot hold, or would print
 * otherwise (12345678901234567890, 1e400), goes out of JSON.stringify as it came in. For
 * configurations that are handed on; such a number reads as an object, so it is no number to those
 * who look at it. Throws SyntaxError.
 */
export function parseExactJson(text: string): JsonValue {
  // cast: see SourceJson
  const json = JSON as unknown as SourceJson;
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && !isExact(value, source)
      ? json.rawJSON(source)
      : value,
  );
}

/** True where the number means what is written: 1.50 and 1.5 are one, 2^53 + 1 has no double. */
function isExact(value: number, source: string): boolean {
  if (String(value) === source) return true;
  return Number.isFinite(value) && !(Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** As parseExactJson where the text is an object; undefined for any other value. */
export function parseExactObject(text: string): JsonObject | undefined {
  const value = parseExactJson(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  // cast: a list was told apart, which TypeScript does not see of a readonly one
  return isObject ? (value as JsonObject) : undefined;
}
