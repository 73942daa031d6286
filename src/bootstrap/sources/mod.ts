/**
 * Where the facts of `nodewright check` come from: a cluster directory, a root directory, a running
 * machine, the API server. They know nothing of the rules.
 *
 * @module
 */
export { collectApi } from "./api.ts";
export {
  type DirectoryExtras,
  DirectorySource,
  directorySubject,
  inventoryOf,
} from "./directory.ts";
export { kubeletServers } from "./kubelet-servers.ts";
export { type LiveInput, liveSubject } from "./live.ts";
export { lockedVersions } from "./locked-versions.ts";
export { inputOf } from "./node-input.ts";
export { rootSubject } from "./root.ts";
