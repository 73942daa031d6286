/**
 * What a running machine, or a root directory, says of itself: files without secrets, executables,
 * kernel, units, runtime. Runs on the node.
 *
 * @module
 */

export type { CollectedNode } from "../../../check/mod.ts";
export { collectNode } from "./collect-node.ts";
export { readBinaries } from "./read-binaries.ts";
export { RootTree } from "./root-tree.ts";
