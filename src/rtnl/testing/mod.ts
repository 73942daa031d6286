/**
 * For tests that need what not every kernel has.
 *
 * @module
 */
export { lacksKind } from "./lacks-kind.ts";
export { lacksVlanFiltering } from "./lacks-vlan-filtering.ts";
