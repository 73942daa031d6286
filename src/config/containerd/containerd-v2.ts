/** config.toml version 2 (containerd 1.3 to 1.7; 2.x converts it), and version 1 before it. */
import { any, boolean, integer, list, map, object, required, text } from "../schema/schema.ts";
import {
  cniFields,
  criRuntimeFields,
  imageDecryption,
  registry,
  runtimeFields,
  streamingFields,
  topLevelFields,
} from "./containerd-common.ts";

const runtime = object({
  ...runtimeFields,
  runtime_engine: text({ default: "", deprecated: "use options.BinaryName" }),
  runtime_root: text({ default: "", deprecated: "use options.Root" }),
});

const cri = object({
  ...streamingFields,
  ...criRuntimeFields,
  sandbox_image: text(),
  systemd_cgroup: boolean({
    default: false,
    deprecated: "use options.SystemdCgroup of the runtime",
  }),
  disable_cgroup: boolean({ default: false }),
  max_concurrent_downloads: integer({ default: 3 }),
  image_pull_progress_timeout: text({ format: "duration" }),
  image_pull_with_sync_fs: boolean({ default: false }),
  stats_collect_period: integer({ default: 10 }),
  cni: object(cniFields),
  containerd: object({
    snapshotter: text({ default: "overlayfs" }),
    default_runtime_name: text({ default: "runc" }),
    disable_snapshot_annotations: boolean({ default: true }),
    discard_unpacked_layers: boolean({ default: false }),
    ignore_blockio_not_enabled_errors: boolean({ default: false }),
    ignore_rdt_not_enabled_errors: boolean({ default: false }),
    no_pivot: boolean({ default: false }),
    // `containerd config default` of 1.x writes these two out, empty: no warning for them.
    default_runtime: runtime,
    untrusted_workload_runtime: runtime,
    runtimes: map(runtime),
  }),
  registry,
  image_decryption: imageDecryption,
});

/** The plugin that holds all of CRI in version 2. */
export const CRI_V2 = "io.containerd.grpc.v1.cri";

/** Version 2. */
export const containerdV2 = object({
  version: required(integer({ min: 2, max: 2 })),
  ...topLevelFields,
  plugins: object({ [CRI_V2]: cri }, { unknownKeys: "allow" }),
});

/** Version 1 (no `version` key): plugins by short names, `cri` among them. */
export const containerdV1 = object({
  version: integer({ min: 1, max: 1, default: 1 }),
  ...topLevelFields,
  subreaper: boolean(),
  no_subreaper: boolean(),
  plugins: object(
    { cri, linux: any(), cgroups: any(), "diff-service": object({ default: list(text()) }) },
    { unknownKeys: "allow" },
  ),
});
