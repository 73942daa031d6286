/**
 * A container's environment variables, with references and expansion. Pure.
 *
 * @module
 */
export { ConfigError } from "./config-error.ts";
export { type DataLookup, type EnvironmentSources, environment } from "./environment.ts";
export { expand } from "./expand.ts";
export { type FieldValues, podField } from "./pod-fields.ts";
export { resourceField } from "./resource-field.ts";
