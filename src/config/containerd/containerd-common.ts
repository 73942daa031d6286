/**
 * containerd's config.toml: what versions 1 to 4 share. Read: the defaults that containerd 1.6.20
 * and 2.1.9 print (`containerd config default`), the source of 2.x, and its manual page.
 */
import { any, boolean, integer, list, map, object, text } from "../schema/schema.ts";

const wide = { min: 0, max: 2 ** 53 };
const words = list(text());

const grpc = object({
  address: text({ default: "/run/containerd/containerd.sock" }),
  tcp_address: text({ default: "" }),
  tcp_tls_ca: text({ default: "" }),
  tcp_tls_cert: text({ default: "" }),
  tcp_tls_key: text({ default: "" }),
  tcp_tls_common_name: text({ default: "" }),
  uid: integer({ default: 0 }),
  gid: integer({ default: 0 }),
  max_recv_message_size: integer({ ...wide, default: 16777216 }),
  max_send_message_size: integer({ ...wide, default: 16777216 }),
});

/** Everything beside version and plugins. */
export const topLevelFields = {
  root: text({ default: "/var/lib/containerd" }),
  state: text({ default: "/run/containerd" }),
  temp: text({ default: "" }),
  plugin_dir: text({ default: "" }),
  oom_score: integer({ default: 0 }),
  disabled_plugins: words,
  required_plugins: words,
  imports: words,
  grpc,
  ttrpc: object({
    address: text({ default: "" }),
    uid: integer({ default: 0 }),
    gid: integer({ default: 0 }),
  }),
  debug: object({
    address: text({ default: "" }),
    uid: integer({ default: 0 }),
    gid: integer({ default: 0 }),
    level: text({ default: "" }),
    format: text({ default: "" }),
  }),
  metrics: object({
    address: text({ default: "" }),
    grpc_histogram: boolean({ default: false }),
  }),
  cgroup: object({ path: text({ default: "" }) }),
  timeouts: map(text({ format: "duration" })),
  proxy_plugins: map(
    object({
      type: text(),
      address: text(),
      platform: text(),
      exports: map(text()),
      capabilities: words,
    }),
  ),
  stream_processors: map(
    object({ accepts: words, returns: text(), path: text(), args: words, env: words }),
  ),
};

/** Options of the runc shim, and the three of shims that have a configuration file of their own. */
export const runtimeOptions = object({
  BinaryName: text({ default: "" }),
  CriuImagePath: text({ default: "" }),
  CriuPath: text({ default: "" }),
  CriuWorkPath: text({ default: "" }),
  IoGid: integer({ ...wide, default: 0 }),
  IoUid: integer({ ...wide, default: 0 }),
  NoNewKeyring: boolean({ default: false }),
  NoPivotRoot: boolean({ default: false }),
  Root: text({ default: "" }),
  ShimCgroup: text({ default: "" }),
  SystemdCgroup: boolean({ default: false }),
  TypeUrl: text(),
  ConfigPath: text(),
  ConfigBody: any(),
});

/** What one runtime of the CRI plugin has in every version. */
export const runtimeFields = {
  runtime_type: text(),
  runtime_path: text({ default: "" }),
  pod_annotations: words,
  container_annotations: words,
  privileged_without_host_devices: boolean({ default: false }),
  privileged_without_host_devices_all_devices_allowed: boolean({ default: false }),
  base_runtime_spec: text({ default: "" }),
  cni_conf_dir: text({ default: "" }),
  cni_max_conf_num: integer({ min: 0, default: 0 }),
  snapshotter: text({ default: "" }),
  sandboxer: text({ default: "podsandbox" }),
  options: runtimeOptions,
};

/** The CRI plugin's network settings in every version. */
export const cniFields = {
  bin_dir: text({ default: "/opt/cni/bin" }),
  conf_dir: text({ default: "/etc/cni/net.d" }),
  max_conf_num: integer({ min: 0, default: 1 }),
  conf_template: text({ default: "" }),
  ip_pref: text({ default: "" }),
  setup_serially: boolean({ default: false }),
  use_internal_loopback: boolean({ default: false }),
};

/** Where the CRI plugin looks for registries; the three deprecated tables go in containerd 2.4. */
export const registry = object({
  config_path: text({ default: "" }),
  headers: map(words),
  mirrors: any({ deprecated: "use config_path and a hosts.toml for each registry" }),
  configs: any({ deprecated: "use config_path and a hosts.toml for each registry", secret: true }),
  auths: any({ deprecated: "use image pull secrets", secret: true }),
});

/** Keys of image decryption and of streaming over TLS. */
export const imageDecryption = object({ key_model: text({ default: "node" }) });

/** The CRI plugin's streaming server. */
export const streamingFields = {
  disable_tcp_service: boolean({ default: true }),
  stream_server_address: text({ default: "127.0.0.1" }),
  stream_server_port: text({ default: "0" }),
  stream_idle_timeout: text({ format: "duration", default: "4h0m0s" }),
  enable_tls_streaming: boolean({ default: false }),
  x509_key_pair_streaming: object({
    tls_cert_file: text({ default: "" }),
    tls_key_file: text({ default: "" }),
  }),
};

/** Settings of the running of containers, in every version. */
export const criRuntimeFields = {
  enable_selinux: boolean({ default: false }),
  selinux_category_range: integer({ default: 1024 }),
  max_container_log_line_size: integer({ default: 16384 }),
  disable_apparmor: boolean({ default: false }),
  restrict_oom_score_adj: boolean({ default: false }),
  disable_proc_mount: boolean({ default: false }),
  unset_seccomp_profile: text({ default: "" }),
  tolerate_missing_hugetlb_controller: boolean({ default: true }),
  disable_hugetlb_controller: boolean({ default: true }),
  device_ownership_from_security_context: boolean({ default: false }),
  ignore_image_defined_volumes: boolean({ default: false }),
  netns_mounts_under_state_dir: boolean({ default: false }),
  enable_unprivileged_ports: boolean(),
  enable_unprivileged_icmp: boolean(),
  enable_cdi: boolean({ default: true }),
  cdi_spec_dirs: list(text(), { default: ["/etc/cdi", "/var/run/cdi"] }),
  drain_exec_sync_io_timeout: text({ format: "duration", default: "0s" }),
};
