import { stringify } from "yaml";
import type { CliContext } from "../context.ts";
import { wordOption } from "../option-parsers.ts";

/** The forms of crictl's `-o`. */
export const OUTPUT_FLAG = "-o, --output <format>";
export const OUTPUT_ABOUT = "table, json or yaml";
export const DOCUMENT_ABOUT = "json or yaml";
export const outputOption = wordOption(["table", "json", "yaml"]);
export const documentOption = wordOption(["json", "yaml"]);

/**
 * Prints a message as data where that is asked for: a line of JSON with --json, an indented document
 * with `-o json`, YAML with `-o yaml`. False: nothing was printed, the caller prints a table.
 */
export function printAsData(
  context: CliContext,
  message: { readonly kind: string },
  output: "table" | "json" | "yaml" | undefined,
): boolean {
  if (context.json) context.out.json(message);
  else if (output === "json") context.out.line(JSON.stringify(message, null, 2));
  else if (output === "yaml") context.out.line(stringify(message).trimEnd());
  else return false;
  return true;
}
