import type { SchemaNode } from "../config/mod.ts";
import type { Place } from "./option.ts";
import { type SchemaKey, schemaKeys } from "./schema-keys.ts";

const CRI = "plugins.io.containerd.grpc.v1.cri.";
const CRI_RUNTIME = "plugins.io.containerd.cri.v1.runtime.";
const CRI_IMAGES = "plugins.io.containerd.cri.v1.images.";

/** Where versions 3 and 4 have put what version 2 has below the CRI plugin or at the top. */
const MOVED: readonly (readonly [from: string, to: string])[] = [
  [`${CRI_IMAGES}snapshotter`, "cri.containerd.snapshotter"],
  [`${CRI_IMAGES}disable_snapshot_annotations`, "cri.containerd.disable_snapshot_annotations"],
  [`${CRI_IMAGES}discard_unpacked_layers`, "cri.containerd.discard_unpacked_layers"],
  [CRI_IMAGES, "cri."],
  [CRI_RUNTIME, "cri."],
  [CRI, "cri."],
  ["plugins.io.containerd.server.v1.grpc-tcp.", "grpc.tcp_"],
  ["plugins.io.containerd.server.v1.grpc.", "grpc."],
  ["plugins.io.containerd.server.v1.ttrpc.", "ttrpc."],
  ["plugins.io.containerd.server.v1.metrics.", "metrics."],
];
/** Tables of version 2 that repeat the keys of a runtime. */
const REPEATED = /^cri\.containerd\.(?:default_runtime|untrusted_workload_runtime)\./;

/** An option of config.toml, with its place in each version of the file. */
export interface ContainerdKey extends SchemaKey {
  readonly places: readonly Place[];
}

/** The options of config.toml by short paths that hold for all versions. */
export function containerdKeys(
  versions: readonly (readonly [version: number, schema: SchemaNode])[],
): readonly ContainerdKey[] {
  const keys = new Map<string, { schema: SchemaNode; at: Map<string, number[]> }>();
  for (const [version, schema] of versions) {
    for (const key of schemaKeys(schema)) {
      const short = shortPath(key.path);
      if (short === undefined) continue;
      const entry = keys.get(short) ?? { schema: key.schema, at: new Map<string, number[]>() };
      const place = writtenPath(key.path);
      entry.at.set(place, [...(entry.at.get(place) ?? []), version]);
      keys.set(short, entry);
    }
  }
  return [...keys].map(([path, { schema, at }]) => ({
    path,
    schema,
    places: [...at].map(([place, found]) => ({
      in: `version ${found.join(", ")}`,
      path: place,
    })),
  }));
}

/** `cri.cni.bin_dir`; undefined for what is explained elsewhere. */
function shortPath(path: string): string | undefined {
  if (path === "plugins") return path;
  if (`${path}.` === CRI) return "cri";
  const moved = MOVED.find(([from]) => path.startsWith(from));
  const short = moved === undefined ? path : `${moved[1]}${path.slice(moved[0].length)}`;
  return short.startsWith("plugins.") || REPEATED.test(short) ? undefined : short;
}

/** The path as TOML writes it: the plugin's name in quotes. */
function writtenPath(path: string): string {
  return path.replace(/^plugins\.(io\.containerd\.\w+\.v1\.[\w-]+)/, 'plugins."$1"');
}
