/**
 * Stand-ins for what identities and rights depend on.
 *
 * @module
 */
export { asked } from "./asked.ts";
export { MemoryObjects } from "./memory-objects.ts";
