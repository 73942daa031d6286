/**
 * The components of a worker node and where their files come from: downloads/ in the cluster
 * directory, Debian packages, lists of URLs. Resolving finds them, looks into them (kind,
 * architecture, version, libraries) and holds them to nodewright.lock, before any node is
 * touched. Executables are ELF files for Linux; scripts are taken from downloads/ alone.
 *
 * @example
 * const { sets, problems, lock } = await resolveArtifacts(deps, {
 *   clusterDir, arch: "amd64", components: { runc: { source: "debian" } },
 *   cacheDir: cacheDirectory(env), lock: await readLock(clusterDir),
 * });
 *
 * @module
 */

export { ARCHES, type Arch, isArch, parseArch } from "./arch.ts";
export { readTar, type TarMember } from "./archive/tar.ts";
export {
  type TarEntry,
  tarEnd,
  tarFileHeader,
  tarPadding,
  writeTar,
} from "./archive/tar-writer.ts";
export { type BlobChunk, type BlobRest, blobRest } from "./cache/blob-rest.ts";
export { compressedBlob, type EncodedBlob } from "./cache/compress.ts";
export { cacheDirectory } from "./cache/directory.ts";
export { patchOf } from "./cache/patch.ts";
export { ArtifactCache } from "./cache/store.ts";
export { type CommandRunner, systemCommands } from "./command.ts";
export { COMPONENTS, type Component, isBuiltin, isComponent } from "./component.ts";
export { ArtifactError, type ArtifactErrorKind } from "./errors.ts";
export { type BinaryFacts, readBinary } from "./facts.ts";
export { LOCK_NAME, type Lock, readLock, writeLock } from "./lock.ts";
export { type Resolution, resolveArtifacts } from "./resolve.ts";
export { ArtifactResolver, type ResolverOptions } from "./resolver.ts";
export {
  type ComponentSettings,
  type ComponentsSettings,
  componentSettingsSchema,
  componentsSettingsSchema,
  describeSettings,
} from "./settings.ts";
export { LIST_ARCHIVES, mainArchive } from "./sources/main-archive.ts";
export type {
  ArtifactFile,
  ArtifactProgress,
  ArtifactSet,
  BuiltinExecutable,
  BuiltinFile,
  LoaderNeeds,
  MissingComponent,
  ResolveDeps,
  ResolveOptions,
  Source,
} from "./types.ts";
