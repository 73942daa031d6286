import type { Json, StatusCause } from "../../objects/mod.ts";

/** A field that has to be there. */
export function required(field: string, why = ""): StatusCause {
  const message = why === "" ? "Required value" : `Required value: ${why}`;
  return { reason: "FieldValueRequired", message, field };
}

/** A value that cannot be one. */
export function invalid(field: string, value: Json, why: string): StatusCause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}

/** A word that is not among those that a field knows. */
export function notSupported(field: string, value: string, known: readonly string[]): StatusCause {
  const words = [...known].sort().map((word) => JSON.stringify(word));
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${words.join(", ")}`,
    field,
  };
}

/** A value that may be there once. */
export function duplicate(field: string, value: Json): StatusCause {
  return {
    reason: "FieldValueDuplicate",
    message: `Duplicate value: ${JSON.stringify(value)}`,
    field,
  };
}

/** A name of something that is not there. */
export function notFound(field: string, value: Json): StatusCause {
  return {
    reason: "FieldValueNotFound",
    message: `Not found: ${JSON.stringify(value)}`,
    field,
  };
}

/** What may not be there, or not be changed. */
export function forbidden(field: string, why: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field };
}
