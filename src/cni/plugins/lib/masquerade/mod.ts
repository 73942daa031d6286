/**
 * `ipMasq` of the interface plugins, in the formats of the reference plugins: each set takes away
 * what the other has made.
 *
 * @module
 */
export { Masquerade } from "./masquerade.ts";
