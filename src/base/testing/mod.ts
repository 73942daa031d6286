/**
 * What tests of damaged input share, and how a run chooses what it tries.
 *
 * @module
 */
export { mutateText } from "./mutate-text.ts";
export { rejectionOf } from "./rejection-of.ts";
export { isFullRun, sampled, times } from "./sample.ts";
export { seededRandom } from "./seeded-random.ts";
