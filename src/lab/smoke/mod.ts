/**
 * The tutorial's smoke test as a program: what a cluster must be able to do, step by step, with
 * nodewright's own client.
 *
 * @module
 */

export type { SmokeContext } from "./context.ts";
export { NAMESPACE as SMOKE_NAMESPACE } from "./objects.ts";
export { type PassedStep, smokeTest } from "./smoke-test.ts";
