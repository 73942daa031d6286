/**
 * Server-side apply: who owns which fields of an object, and what an apply makes of it. Pure.
 *
 * @module
 */
export { applyConfig, isCleared, type Manager, trackUpdate } from "./managed-fields.ts";
