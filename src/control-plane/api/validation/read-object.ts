import { type ApiObject, refusals } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";
import { decodeObject } from "./decode-object.ts";

/** What becomes of fields that a kind does not have, and of those that are there twice. */
export interface ReadOptions {
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
  readonly warn: (message: string) => void;
  /** Paths of fields that the text has twice. */
  readonly duplicates?: readonly string[];
}

/** An object as its kind's schema has it; throws BadRequest for what cannot be read. */
export function readObject(
  object: ApiObject,
  { kind, version, definition }: ResourceKind,
  { fieldValidation, warn, duplicates = [] }: ReadOptions,
): ApiObject {
  const { value, unknown, wrong } = decodeObject(definition, object);
  const prefix = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: `;
  if (wrong !== undefined) throw refusals.badRequest(prefix + wrong);
  const words = [
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  if (words.length > 0 && fieldValidation === "Strict") {
    throw refusals.badRequest(`${prefix}strict decoding error: ${words.join(", ")}`);
  }
  if (fieldValidation === "Warn") for (const word of words) warn(word);
  // cast: kind, apiVersion and metadata are in every kind's schema
  return { ...value, metadata: value["metadata"] ?? {} } as ApiObject;
}
