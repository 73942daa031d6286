/**
 * For tests that need what not every kernel has.
 *
 * @module
 */
export { lacksKind } from "./lacks-kind.ts";
