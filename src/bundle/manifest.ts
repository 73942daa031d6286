import { z } from "zod";
import { NodewrightError } from "../base/mod.ts";

/** The first member of a bundle: what else is in it. */
export const MANIFEST_NAME = "bundle.json";
export const SBOM_NAME = "sbom.cdx.json";
/** The cluster directory's files, and files of components by their digest. */
export const CLUSTER_PREFIX = "cluster/";
export const BLOB_PREFIX = "blobs/";
/** Executables of nodewright, by machine type: `nodewright-x86_64`. */
export const EXECUTABLE_PREFIX = "nodewright-";

/** The version of the format that this nodewright writes and reads. */
const BUNDLE_VERSION = 1;

const FILE = z.strictObject({
  path: z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[\x21-\x7e]+$/, "a relative path"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().nonnegative(),
  mode: z.int().min(0).max(0o777),
});

const MANIFEST = z.strictObject({
  bundleVersion: z.literal(BUNDLE_VERSION),
  /** Of the nodewright that has written it. */
  nodewright: z.string(),
  arches: z.array(z.string()),
  files: z.array(FILE),
});

/** A member of a bundle. */
export type BundleFile = Readonly<z.infer<typeof FILE>>;

/** What a bundle says of itself. */
export interface Manifest {
  readonly nodewright: string;
  readonly arches: readonly string[];
  readonly files: readonly BundleFile[];
}

/** The manifest's bytes: the same for the same contents. */
export function formatManifest({ nodewright, arches, files }: Manifest): Uint8Array {
  const manifest = { bundleVersion: BUNDLE_VERSION, nodewright, arches, files };
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** Rejects with kind `bundle` where it is another version's, or none. */
export function parseManifest(bytes: Uint8Array, label: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw notABundle(label, `${MANIFEST_NAME} is not JSON`, cause);
  }
  const version = z.looseObject({ bundleVersion: z.unknown() }).safeParse(value);
  if (version.success && version.data.bundleVersion !== BUNDLE_VERSION) {
    const found = String(version.data.bundleVersion).slice(0, 20);
    throw new NodewrightError(
      "bundle",
      `Cannot open ${label}: its format has version ${found}, this nodewright reads ${BUNDLE_VERSION}`,
      {
        fix: "open it with the nodewright that is in the bundle: tar -xf FILE nodewright-$(uname -m)",
      },
    );
  }
  const parsed = MANIFEST.safeParse(value);
  if (!parsed.success) throw notABundle(label, z.prettifyError(parsed.error));
  return parsed.data;
}

export function notABundle(label: string, why: string, cause?: unknown): NodewrightError {
  return new NodewrightError("bundle", `Cannot open ${label}: it is not a bundle: ${why}`, {
    fix: "copy the bundle again, or write a new one with nodewright bundle -o FILE",
    cause,
  });
}
