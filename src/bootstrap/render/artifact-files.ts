import { dirname } from "node:path";
import type { ArtifactSet, Component, MissingComponent } from "../../artifacts/mod.ts";
import { CLIENT_NAME } from "../../cni/client/mod.ts";
import { serverUnits, type Unit } from "../../cni/server/mod.ts";
import type { DesiredImage } from "../../plan/mod.ts";
import type { RenderedFile } from "./content.ts";

/** The components that were found, or not found, for a node. */
export type Artifacts = readonly (ArtifactSet | MissingComponent)[];

/** An image archive on this machine. */
export interface ImageFile {
  readonly reference: string;
  readonly localPath: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** An image with the file that brings it. */
export interface PlacedImage extends DesiredImage {
  readonly rendered: RenderedFile;
}

/** The files of components, left where they are on this machine until they are sent. */
export function artifactFiles(artifacts: Artifacts): RenderedFile[] {
  return artifacts.flatMap((artifact) =>
    artifact.kind === "missing"
      ? []
      : artifact.files.map(({ installPath, mode, sha256, sizeBytes, origin, localPath }) => ({
          file: {
            path: installPath,
            mode,
            digest: sha256,
            sizeBytes,
            sensitive: false,
            text: false,
            origin,
          },
          content: { kind: "file" as const, path: localPath },
        })),
  );
}

/** The units of the CNI server, where the names of a node's plugins lead to its client. */
export function pluginUnits(artifacts: Artifacts): readonly Unit[] {
  const client = artifacts
    .flatMap((artifact) => (artifact.kind === "set" ? artifact.files : []))
    .find(({ name }) => name === CLIENT_NAME);
  return client === undefined ? [] : serverUnits(dirname(client.installPath));
}

const IMAGE_DIRECTORY = "/usr/local/lib/nodewright/images";

/** The archive gets a name that says the image: `registry.k8s.io_pause_3.10.tar`. */
export function placeImage({ reference, localPath, sha256, sizeBytes }: ImageFile): PlacedImage {
  const path = `${IMAGE_DIRECTORY}/${reference.replaceAll(/[^A-Za-z0-9.-]+/g, "_")}.tar`;
  const origin = `image ${reference}`;
  const file = {
    path,
    mode: 0o644,
    digest: sha256,
    sizeBytes,
    sensitive: false,
    text: false,
    origin,
  };
  const rendered: RenderedFile = { file, content: { kind: "file", path: localPath } };
  return { reference, path, rendered };
}

/** Why a node has no files of a component; undefined where it has. */
export function whyAbsent(component: Component, artifacts: Artifacts): string | undefined {
  const found = artifacts.find((artifact) => artifact.component === component);
  if (found === undefined) return `no files of ${component} were looked for`;
  return found.kind === "missing" ? found.reason : undefined;
}

/** Component to version, of those that have files. */
export function versionsOf(artifacts: Artifacts): Record<string, string> {
  return Object.fromEntries(
    artifacts.flatMap((artifact) =>
      artifact.kind === "missing" ? [] : [[artifact.component, artifact.version]],
    ),
  );
}
