/** config.toml version 3 (containerd 2.0 to 2.2) and version 4 (2.3). */
import { boolean, integer, list, map, object, required, text } from "../schema/schema.ts";
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
  // Since 2.0 a runtime that is only half written out keeps the defaults of the rest.
  runtime_type: text({ default: "io.containerd.runc.v2" }),
  cgroup_writable: boolean({ default: false }),
  io_type: text({ default: "" }),
});

const criRuntime = object({
  ...criRuntimeFields,
  enable_unprivileged_ports: boolean({ default: true }),
  enable_unprivileged_icmp: boolean({ default: true }),
  disable_cgroup: boolean({ default: false }),
  ignore_deprecation_warnings: list(text()),
  cni: object({
    ...cniFields,
    // Deprecated since 2.1, but all that 2.0 has.
    bin_dir: text(),
    bin_dirs: list(text(), { default: ["/opt/cni/bin"] }),
  }),
  containerd: object({
    default_runtime_name: text({ default: "runc" }),
    ignore_blockio_not_enabled_errors: boolean({ default: false }),
    ignore_rdt_not_enabled_errors: boolean({ default: false }),
    runtimes: map(runtime),
  }),
});

const criImages = object({
  snapshotter: text({ default: "overlayfs" }),
  disable_snapshot_annotations: boolean({ default: true }),
  discard_unpacked_layers: boolean({ default: false }),
  max_concurrent_downloads: integer({ default: 3 }),
  concurrent_layer_fetch_buffer: integer({ default: 0 }),
  image_pull_progress_timeout: text({ format: "duration", default: "5m0s" }),
  image_pull_with_sync_fs: boolean({ default: false }),
  stats_collect_period: integer({ default: 10 }),
  use_local_image_pull: boolean({ default: false }),
  disable_image_pull_with_transfer_service: boolean({ default: false }),
  pinned_images: map(text()),
  runtime_platforms: map(object({ platform: text(), snapshotter: text() })),
  registry,
  image_decryption: imageDecryption,
});

/** The plugins that hold CRI since version 3: running, images, the streaming server. */
export const CRI_RUNTIME_V3 = "io.containerd.cri.v1.runtime";
export const CRI_IMAGES_V3 = "io.containerd.cri.v1.images";
export const CRI_SERVER_V3 = "io.containerd.grpc.v1.cri";
/** The plugin that has the socket since version 4. */
export const GRPC_SERVER_V4 = "io.containerd.server.v1.grpc";

const criPlugins = {
  [CRI_RUNTIME_V3]: criRuntime,
  [CRI_IMAGES_V3]: criImages,
  [CRI_SERVER_V3]: object(streamingFields),
};

/** Version 3. */
export const containerdV3 = object({
  version: required(integer({ min: 3, max: 3 })),
  ...topLevelFields,
  plugins: object(criPlugins, { unknownKeys: "allow" }),
});

const owner = { uid: integer(), gid: integer() };
const messageSizes = {
  max_recv_message_size: integer({ default: 16777216 }),
  max_send_message_size: integer({ default: 16777216 }),
};
const moved = (plugin: string) => ({
  deprecated: `version 4 has it in plugins."${plugin}"`,
});

/** Version 4: the listening sockets have become plugins. */
export const containerdV4 = object({
  version: required(integer({ min: 4, max: 4 })),
  ...topLevelFields,
  grpc: { ...topLevelFields.grpc, ...moved(GRPC_SERVER_V4) },
  ttrpc: { ...topLevelFields.ttrpc, ...moved("io.containerd.server.v1.ttrpc") },
  metrics: { ...topLevelFields.metrics, ...moved("io.containerd.server.v1.metrics") },
  plugins: object(
    {
      ...criPlugins,
      [GRPC_SERVER_V4]: object({
        address: text({ default: "/run/containerd/containerd.sock" }),
        ...owner,
        ...messageSizes,
      }),
      "io.containerd.server.v1.grpc-tcp": object({
        address: text({ default: "" }),
        tls_ca: text(),
        tls_cert: text(),
        tls_key: text(),
        tls_common_name: text(),
        ...messageSizes,
      }),
      "io.containerd.server.v1.ttrpc": object({
        address: text({ default: "/run/containerd/containerd.sock.ttrpc" }),
        ...owner,
      }),
      "io.containerd.server.v1.metrics": object({ address: text({ default: "" }) }),
    },
    { unknownKeys: "allow" },
  ),
});
