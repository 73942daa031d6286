/**
 * Objects as tests of the controllers and the scheduler use them.
 *
 * @module
 */
export { deployment, NOW, node, type PodSketch, pod, replicaSet, service } from "./objects.ts";
export { printWrites } from "./print-writes.ts";
