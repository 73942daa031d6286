/**
 * Subresources whose bodies are not the object itself: scale, binding, eviction.
 *
 * @module
 */
export { bindPod } from "./binding.ts";
export { evictPod } from "./eviction.ts";
export { getScale, writeScale } from "./scale.ts";
