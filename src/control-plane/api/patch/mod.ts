/**
 * JSON Patch, JSON merge patch and strategic merge patch. Pure.
 *
 * @module
 */
export { applyJsonPatch } from "./json-patch.ts";
export { applyMergePatch } from "./merge-patch.ts";
export { applyStrategicPatch } from "./strategic-merge-patch.ts";
