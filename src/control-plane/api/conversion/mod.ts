/**
 * Kinds that two groups serve: one form is stored, the other is made of it. Pure.
 *
 * @module
 */
export { fromStored, isConverted, toStored } from "./event-conversion.ts";
