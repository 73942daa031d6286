/**
 * One file with everything that an apply needs, for sites without a network: the cluster directory
 * without its secrets, files of components, images, nodewright itself, a list with SHA-256 sums and a
 * bill of materials.
 *
 * @module
 */
export { collectSources } from "./collect-sources.ts";
export type { Manifest } from "./manifest.ts";
export { type OpenOptions, openBundle } from "./open-bundle.ts";
export { type BundleContents, type BundleSource, writeBundle } from "./write-bundle.ts";
