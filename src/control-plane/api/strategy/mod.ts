/**
 * What each kind does when it is created or changed: defaults, protected fields, validation. Pure.
 *
 * @module
 */
export { strategyOf } from "./strategies.ts";
export type { Strategy } from "./strategy.ts";
