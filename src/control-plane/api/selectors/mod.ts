/**
 * Label and field selectors. Pure.
 *
 * @module
 */
export { parseFieldSelector } from "./field-selector.ts";
export { type LabelMatcher, labelSelectorMatcher, parseLabelSelector } from "./label-selector.ts";
