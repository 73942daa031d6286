/** KubeletConfiguration: the container runtime, images, container logs, networking of pods. */
import { boolean, choice, integer, list, text } from "../schema/schema.ts";

const duration = (value: string) => text({ format: "duration", default: value });
const percent = { min: 0, max: 100 };

/** Where the runtime is and how it is asked. */
export const runtimeFields = {
  containerRuntimeEndpoint: text({
    format: "unix-socket-url",
    default: "unix:///run/containerd/containerd.sock",
  }),
  imageServiceEndpoint: text({ format: "unix-socket-url", default: "" }),
  runtimeRequestTimeout: duration("2m"),
  seccompDefault: boolean({ default: false }),
  allowedUnsafeSysctls: list(text({ nonEmpty: true })),
  volumePluginDir: text({ default: "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/" }),
  enableControllerAttachDetach: boolean({ default: true }),
};

/** Pulling images and taking them away. */
export const imageFields = {
  registryPullQPS: integer({ min: 0, default: 5 }),
  registryBurst: integer({ min: 0, default: 10 }),
  serializeImagePulls: boolean({ default: true }),
  maxParallelImagePulls: integer({ min: 1 }),
  imagePullCredentialsVerificationPolicy: choice(
    [
      "",
      "NeverVerify",
      "NeverVerifyPreloadedImages",
      "NeverVerifyAllowlistedImages",
      "AlwaysVerify",
    ],
    { default: "NeverVerifyPreloadedImages" },
  ),
  preloadedImagesVerificationAllowlist: list(text({ nonEmpty: true })),
  imageMinimumGCAge: duration("2m"),
  imageMaximumGCAge: duration("0s"),
  imageGCHighThresholdPercent: integer({ ...percent, default: 85 }),
  imageGCLowThresholdPercent: integer({ ...percent, default: 80 }),
};

/** Files that hold what containers print. */
export const containerLogFields = {
  podLogsDir: text({ format: "absolute-path", default: "/var/log/pods" }),
  containerLogMaxSize: text({ format: "quantity", default: "10Mi" }),
  containerLogMaxFiles: integer({ min: 2, default: 5 }),
  containerLogMaxWorkers: integer({ min: 1, default: 1 }),
  containerLogMonitorInterval: duration("10s"),
};

/** Addresses, names and iptables of pods. */
export const networkFields = {
  podCIDR: text({ format: "cidr-list", default: "" }),
  clusterDNS: list(text({ format: "ip", nonEmpty: true })),
  clusterDomain: text({ default: "" }),
  resolvConf: text({ default: "/etc/resolv.conf" }),
  hairpinMode: choice(["", "promiscuous-bridge", "hairpin-veth", "none"], {
    default: "promiscuous-bridge",
  }),
  makeIPTablesUtilChains: boolean({ default: true }),
  iptablesMasqueradeBit: integer({
    min: 0,
    max: 31,
    default: 14,
    deprecated: "it no longer has any effect",
  }),
  iptablesDropBit: integer({
    min: 0,
    max: 31,
    default: 15,
    deprecated: "it no longer has any effect",
  }),
};
