import { type TarEntry, writeTar } from "../../artifacts/mod.ts";

/** What an image holds and how it runs. */
export interface ImageContent {
  /** Full names, the first one the image's own, e.g. `nodewright.local/pause:0.1.7`. */
  readonly references: readonly string[];
  /** As OCI names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly layer: readonly TarEntry[];
  /** The `config` object of the image configuration (OCI image spec, config.md). */
  readonly config: Readonly<Record<string, unknown>>;
}

const MEDIA = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** No image says when it was made: the same content is the same image. */
const CREATED = "1970-01-01T00:00:00Z";

/**
 * An image of one layer as an OCI image layout in a tar file (image-layout.md), which is a
 * `docker load` archive as well. containerd takes the names from the index's annotations.
 */
export function writeOciArchive(image: ImageContent): Uint8Array {
  const layer = blob(MEDIA.layer, writeTar(image.layer));
  const config = jsonBlob(MEDIA.config, {
    created: CREATED,
    architecture: image.architecture,
    os: "linux",
    config: image.config,
    rootfs: { type: "layers", diff_ids: [layer.descriptor.digest] },
    history: [{ created: CREATED, created_by: "nodewright lab" }],
  });
  const manifest = jsonBlob(MEDIA.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  const index = {
    schemaVersion: 2,
    manifests: image.references.map((reference) => ({
      ...manifest.descriptor,
      platform: { architecture: image.architecture, os: "linux" },
      annotations: {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference.slice(reference.lastIndexOf(":") + 1),
      },
    })),
  };
  const dockerManifest = [
    { Config: config.path, RepoTags: [...image.references], Layers: [layer.path] },
  ];
  return writeTar([
    { kind: "directory", path: "blobs" },
    { kind: "directory", path: "blobs/sha256" },
    ...[config, layer, manifest].map(
      ({ path, content }): TarEntry => ({ kind: "file", path, content, mode: 0o644 }),
    ),
    jsonFile("index.json", index),
    jsonFile("manifest.json", dockerManifest),
    jsonFile("oci-layout", { imageLayoutVersion: "1.0.0" }),
  ]);
}

interface Blob {
  readonly path: string;
  readonly content: Uint8Array;
  readonly descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
}

function blob(mediaType: string, content: Uint8Array): Blob {
  const hex = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const descriptor = { mediaType, digest: `sha256:${hex}`, size: content.length };
  return { path: `blobs/sha256/${hex}`, content, descriptor };
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  return blob(mediaType, new TextEncoder().encode(JSON.stringify(value)));
}

function jsonFile(path: string, value: unknown): TarEntry {
  const content = new TextEncoder().encode(JSON.stringify(value));
  return { kind: "file", path, content, mode: 0o644 };
}
