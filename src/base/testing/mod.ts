/**
 * What tests of damaged input share.
 *
 * @module
 */
export { mutateText } from "./mutate-text.ts";
export { seededRandom } from "./seeded-random.ts";
