import { createHash } from "node:crypto";
import { type TarEntry, tarArchive } from "./tar-archive.ts";

/** What a test image is made of: one layer and a command. */
export interface TestImage {
  readonly name: string;
  readonly entries: readonly TarEntry[];
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** An OCI image layout as a tar file, with one image of one uncompressed layer. */
export function ociArchive(image: TestImage): Buffer {
  const blobs: TarEntry[] = [];
  const blob = (mediaType: string, data: Buffer) => {
    const digest = createHash("sha256").update(data).digest("hex");
    blobs.push({ path: `blobs/sha256/${digest}`, data });
    return { mediaType, digest: `sha256:${digest}`, size: data.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  const layer = blob("application/vnd.oci.image.layer.v1.tar", tarArchive(image.entries));
  const config = blob(
    "application/vnd.oci.image.config.v1+json",
    json({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Env: [PATH], Entrypoint: image.entrypoint, Cmd: image.cmd ?? [] },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const manifestType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = blob(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
  );
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations: { "io.containerd.image.name": image.name } }],
  };
  return tarArchive([
    { path: "oci-layout", data: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", data: json(index) },
    { path: "blobs/" },
    { path: "blobs/sha256/" },
    ...blobs,
  ]);
}
