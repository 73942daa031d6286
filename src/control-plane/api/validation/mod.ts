/**
 * Whether an object can be stored: read by its schema, then judged by the rules of its kind, in
 * upstream's words where a user would see them. Pure.
 *
 * @module
 */
export { invalid, required } from "./causes.ts";
export { kindCauses } from "./kind-causes.ts";
export { breaches, LABEL, type NameRule, SUBDOMAIN } from "./names.ts";
export { type ReadOptions, readObject } from "./read-object.ts";
export { schemaCauses } from "./schema-causes.ts";
export { updateCauses } from "./update-causes.ts";
