/**
 * OpenAPI v3 documents, one a group and version: what `kubectl explain` prints and what tells kubectl
 * that the server validates. Pure.
 *
 * @module
 */
export { documentPaths, openApiDocument, openApiIndex } from "./openapi-v3.ts";
