/**
 * The Pod Security Standards, latest version: what the labels of a namespace demand of its pods.
 * Pods of Windows nodes are not told apart.
 *
 * @module
 */
export { podSecurityAdmission, violations } from "./admission.ts";
export { BASELINE } from "./baseline.ts";
export { RESTRICTED } from "./restricted.ts";
