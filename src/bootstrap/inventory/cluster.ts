import type { Problem, Secret } from "../../base/mod.ts";
import type { Machine } from "./machine.ts";
import type { ClusterCidrs } from "./machine-conflicts.ts";
import type { Settings } from "./settings.ts";

/** A cluster directory, read once. Problems with severity error mean: do not touch a node. */
export interface Cluster {
  /** Absolute path. */
  readonly dir: string;
  readonly machines: readonly Machine[];
  /** The machines that have a pod subnet. */
  readonly workers: readonly Machine[];
  /** The machines that an apply changes: the workers, and the others where these get routes. */
  readonly managed: readonly Machine[];
  readonly settings: Settings;
  /** Path in the directory (`configs/10-bridge.conf`) to text: templates, units, certificates, overrides. */
  readonly templates: ReadonlyMap<string, string>;
  /** Path in the directory to text: private keys and kubeconfigs. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** The network of all pods, where it is known. */
  readonly clusterCidrs?: ClusterCidrs;
  readonly problems: readonly Problem[];
  /** Files of this machine that nodewright.yaml names and that are not there: what `check` reports and a change stops at. */
  readonly localProblems: readonly Problem[];
  /** Of the control plane's files, as far as they are there: what `check` and `render` report. No node gets them. */
  readonly controlPlaneProblems: readonly Problem[];
}

/** Names of files in a cluster directory. */
export const CLUSTER_FILES = {
  machines: "machines.txt",
  settings: "nodewright.yaml",
  ca: "ca.crt",
  kubeProxyKubeconfig: "kube-proxy.kubeconfig",
  containerdConfig: "configs/containerd-config.toml",
  kubeletConfig: "configs/kubelet-config.yaml",
  kubeProxyConfig: "configs/kube-proxy-config.yaml",
  units: {
    containerd: "units/containerd.service",
    kubelet: "units/kubelet.service",
    "kube-proxy": "units/kube-proxy.service",
  },
} as const;

/** The names of a node's own files: as the origin makes them with the node's name. */
export function nodeFiles(node: string): {
  readonly certificate: string;
  readonly key: string;
  readonly kubeconfig: string;
} {
  return { certificate: `${node}.crt`, key: `${node}.key`, kubeconfig: `${node}.kubeconfig` };
}
