/**
 * Where the facts of `nodewright check` come from: a cluster directory, a root directory, a running
 * machine, the API server. They know nothing of the rules.
 *
 * @module
 */
export { type DirectoryExtras, directorySubject, inventoryOf } from "./directory.ts";
export { lockedVersions } from "./locked-versions.ts";
