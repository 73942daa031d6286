/**
 * Objects of the API as JSON, and how the server refuses. Pure.
 *
 * @module
 */
export {
  ApiError,
  type ErrorSubject,
  qualified,
  refusals,
  type StatusCause,
} from "./api-error.ts";
export {
  type ApiObject,
  copy,
  formatTime,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  type ManagedFieldsEntry,
  type Metadata,
  numberAt,
  type OwnerReference,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "./api-object.ts";
