/**
 * The configuration that a containerd has in effect: its file with all that it imports, merged as
 * that version merges.
 *
 * @module
 */
export { type ImportLookup, type LoadedImports, loadImports } from "./load-imports.ts";
export {
  type ContainerdMerge,
  type MergedContainerd,
  mergeContainerd,
} from "./merge-containerd.ts";
