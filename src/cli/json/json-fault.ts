import { z } from "zod";
import { JSON_DOCUMENTS } from "./schemas.ts";
/** What is wrong with a document, undefined where nothing is. */
export function jsonFault(document: unknown): string | undefined {
  const parsed = z.looseObject({ kind: z.string() }).safeParse(document);
  if (!parsed.success) return "a document without a kind";
  const { kind } = parsed.data;
  const known = JSON_DOCUMENTS[kind];
  if (known === undefined) return `a document of a kind without a schema: ${kind}`;
  const { error } = known.schema.safeParse(document);
  return error === undefined ? undefined : `${kind}: ${z.prettifyError(error)}`;
}
