import { parseExactJson } from "../../conf/exact-json.ts";

/** JSON with two spaces of indentation; any other text as it is, without white space at its end. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(parseExactJson(text), null, 2);
  } catch {
    return text.trimEnd();
  }
}
