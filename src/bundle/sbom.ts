import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import lock from "../../package-lock.json" with { type: "json" };
import type { ArtifactSet } from "../artifacts/mod.ts";
import { VERSION } from "../base/mod.ts";

/** An image archive of a bundle. */
export interface SbomImage {
  readonly reference: string;
  readonly sha256: string;
}

/** What the bill of materials is made of. */
export interface SbomInput {
  readonly sets: readonly ArtifactSet[];
  readonly images: readonly SbomImage[];
}

/**
 * The bill of materials of a bundle, CycloneDX 1.6 as JSON: nodewright with the packages that its
 * executable is built of, every file of a component with its SHA-256 and origin, the images. No
 * time and no serial number: the same contents give the same bytes.
 */
export function formatSbom({ sets, images }: SbomInput): string {
  const nodewright = new Models.Component(Enums.ComponentType.Application, "nodewright", {
    version: VERSION,
    bomRef: "nodewright",
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: nodewright }) });
  for (const one of [...ownPackages(), ...sets.flatMap(filesOf), ...images.map(imageOf)]) {
    bom.components.add(one);
  }
  const format = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(format).serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** The npm packages in the executable, by the lock that it is built with. */
function ownPackages(): Models.Component[] {
  const byUrl = new Map<string, Models.Component>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    const isOwn = path === "" || "dev" in entry || "devOptional" in entry || "optional" in entry;
    if (isOwn || !("version" in entry)) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const url = `pkg:npm/${name.replace("@", "%40")}@${entry.version}`;
    const options = { version: entry.version, bomRef: url, purl: url };
    byUrl.set(url, new Models.Component(Enums.ComponentType.Library, name, options));
  }
  return [...byUrl.values()];
}

function filesOf({ component, version, arch, files }: ArtifactSet): Models.Component[] {
  return files.map(({ name, sha256, installPath, origin }) => {
    const of = new Models.Component(Enums.ComponentType.File, name, {
      version,
      bomRef: `${arch}:${installPath}`,
      description: `${component}, installed as ${installPath}`,
      hashes: sha256Of(sha256),
    });
    const isUrl = /^https?:/.test(origin);
    if (isUrl) {
      of.externalReferences.add(
        new Models.ExternalReference(origin, Enums.ExternalReferenceType.Distribution),
      );
    }
    of.properties.add(new Models.Property("nodewright:origin", origin));
    return of;
  });
}

function imageOf({ reference, sha256 }: SbomImage): Models.Component {
  return new Models.Component(Enums.ComponentType.Container, reference, {
    bomRef: `image:${reference}`,
    hashes: sha256Of(sha256),
  });
}

function sha256Of(sha256: string): Models.HashDictionary {
  return new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], sha256]]);
}
