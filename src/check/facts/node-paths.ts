import { EMBEDDING_CONFIGS, EMBEDDING_UNITS } from "./distributions.ts";

/**
 * What a source reads of a node that is not made of rendered files: a root directory, a running
 * machine. A rule that looks at another file has to name it here.
 */

/** systemd's directories for units, the one that counts first (systemd.unit(5)). */
export const UNIT_DIRS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
] as const;

/**
 * Folders of a unit's drop-ins, the one that counts first: its own, those of its name's beginnings
 * (`kube-.service.d`), and that of all services.
 */
export function dropInFolders(unit: string): readonly string[] {
  const dot = unit.lastIndexOf(".");
  const [name, type] = [unit.slice(0, dot), unit.slice(dot)];
  const dashes = [...name.matchAll(/-/g)].map(
    ({ index }) => `${name.slice(0, index + 1)}${type}.d`,
  );
  return [`${unit}.d`, ...dashes.reverse(), `${type.slice(1)}.d`];
}

/** Units whose files and state are looked at. */
export const CHECKED_UNITS = [
  "containerd.service",
  "kubelet.service",
  "kube-proxy.service",
  "nodewright-routes.service",
  "nodewright-masquerade.service",
  ...Object.keys(EMBEDDING_UNITS),
] as const;

export const CONTAINERD_CONFIG = "/etc/containerd/config.toml";
export const CRICTL_CONFIG = "/etc/crictl.yaml";
export const KUBELET_CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
export const KUBELET_KUBECONFIG = "/var/lib/kubelet/kubeconfig";
export const KUBE_PROXY_CONFIG = "/var/lib/kube-proxy/kube-proxy-config.yaml";
export const CNI_CONF_DIR = "/etc/cni/net.d";
export const CNI_BIN_DIR = "/opt/cni/bin";

/** Single text files beside those that units and configurations name. */
export const CHECKED_FILES = [
  CONTAINERD_CONFIG,
  KUBELET_CONFIG,
  KUBELET_KUBECONFIG,
  KUBE_PROXY_CONFIG,
  "/var/lib/kube-proxy/kubeconfig",
  "/var/lib/kubelet/ca.crt",
  "/var/lib/kubelet/kubelet.crt",
  "/var/lib/kubelet/kubelet.key",
  "/var/lib/kubelet/cpu_manager_state",
  "/var/lib/kubelet/memory_manager_state",
  CRICTL_CONFIG,
  "/etc/fstab",
  "/etc/hostname",
  "/etc/hosts",
  "/etc/machine-id",
  "/etc/os-release",
  "/etc/resolv.conf",
  "/run/systemd/resolve/resolv.conf",
  "/etc/sysctl.conf",
  "/etc/modules",
  "/etc/cloud/cloud.cfg",
  ...EMBEDDING_CONFIGS,
] as const;

/** Directories whose text files are read, one level deep. */
export const CHECKED_FOLDERS = [
  CNI_CONF_DIR,
  "/etc/containerd/conf.d",
  "/etc/sysctl.d",
  "/run/sysctl.d",
  "/usr/local/lib/sysctl.d",
  "/usr/lib/sysctl.d",
  "/lib/sysctl.d",
  "/etc/modules-load.d",
  "/run/modules-load.d",
  "/usr/lib/modules-load.d",
  "/etc/NetworkManager/conf.d",
  "/etc/systemd/network",
  "/etc/cloud/cloud.cfg.d",
  "/etc/kubernetes/manifests",
  "/var/lib/cni/networks",
  ...EMBEDDING_CONFIGS.map((path) => `${path}.d`),
] as const;

/** Directories whose names alone are listed; their files are not read as text. */
export const LISTED_FOLDERS = [
  ...UNIT_DIRS,
  "/run/systemd/generator",
  "/run/systemd/transient",
  CNI_BIN_DIR,
  "/var/lib/kubelet/pki",
  "/usr/local/bin",
] as const;
