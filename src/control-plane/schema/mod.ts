/**
 * The schemas of the API's objects, and what the protocol says about their fields. The data below gen/
 * is written by scripts/api-schemas.ts and scripts/api-fields.ts. Pure.
 *
 * @module
 */
export { allDefinitions, definition, fieldFacts, META, refId } from "./definitions.ts";
export { type MessageField, messageFields } from "./message-fields.ts";
export type { FieldFacts, Schema } from "./schema.ts";
export { type FieldShape, type Shape, shapeOf } from "./shape.ts";
