/**
 * Container images without a registry: OCI image archives made of Debian packages, the same
 * bytes for the same packages. One layer, uncompressed, the host's architecture only.
 *
 * @module
 */
export {
  ensureLabImages,
  type ImageArchive,
  type ImageNames,
  type LabImages,
} from "./lab-images.ts";
export { type ImageContent, writeOciArchive } from "./oci-archive.ts";
