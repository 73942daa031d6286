import { basename } from "node:path";
import type { Component } from "../../artifacts/mod.ts";
import {
  CLUSTER_FILES,
  type Cluster,
  type FileOverride,
  type Machine,
  nodeFiles,
} from "../inventory/mod.ts";

/** How a file of the cluster directory becomes one of the node. */
export interface Place {
  /** Path in the cluster directory. */
  readonly source: string;
  /** Absolute path on the node, where the tutorial puts it. */
  readonly target: string;
  readonly mode: number;
  /** Which model it is held against. */
  readonly kind: PlaceKind;
  /** The component that has no use without it; absent for further files of the user's. */
  readonly component?: Component;
  /** `required`: without it nothing is rendered. `identity`: without it the component is not run. */
  readonly need: "required" | "identity" | "optional";
}

export type PlaceKind =
  | "cni"
  | "containerd"
  | "kubelet"
  | "kube-proxy"
  | "unit"
  | "drop-in"
  | "other";

const CONFIG = 0o644;
const SECRET = 0o600;
export const CNI_DIR = "/etc/cni/net.d";
export const UNIT_DIR = "/etc/systemd/system";
const KUBELET_DIR = "/var/lib/kubelet";
const PROXY_DIR = "/var/lib/kube-proxy";

/** Where the files of the cluster directory go on the nodes: the tutorial's places. */
export class PlaceTable {
  readonly #before: readonly Place[];
  readonly #after: readonly Place[];
  readonly #secrets: Cluster["secrets"];

  constructor(cluster: Cluster) {
    this.#secrets = cluster.secrets;
    const { containerdConfig, kubeletConfig, kubeProxyConfig } = CLUSTER_FILES;
    this.#before = [
      ...cniPlaces(cluster),
      config(containerdConfig, "/etc/containerd/config.toml", "containerd"),
      config(kubeletConfig, `${KUBELET_DIR}/kubelet-config.yaml`, "kubelet"),
    ];
    this.#after = [
      config(kubeProxyConfig, `${PROXY_DIR}/kube-proxy-config.yaml`, "kube-proxy"),
      {
        source: CLUSTER_FILES.kubeProxyKubeconfig,
        target: `${PROXY_DIR}/kubeconfig`,
        mode: SECRET,
        kind: "other",
        component: "kube-proxy",
        need: "identity",
      },
      ...unitPlaces(cluster),
    ];
  }

  /** A node's files, in the order of an installation; those of nodewright.yaml in place of the usual ones. */
  of(machine: Machine, overrides: readonly FileOverride[]): readonly Place[] {
    const usual = [...this.#before, ...identityPlaces(machine), ...this.#after];
    if (overrides.length === 0) return usual;
    const places = new Map(usual.map((place) => [place.target, place]));
    for (const { target, source, mode } of overrides) {
      const base = places.get(target) ?? {
        target,
        mode: CONFIG,
        kind: kindOfTarget(target),
        need: "optional",
      };
      const usualMode = this.#secrets.has(source) ? SECRET : base.mode;
      places.set(target, { ...base, source, mode: mode ?? usualMode });
    }
    return [...places.values()];
  }
}

function config(
  source: string,
  target: string,
  kind: "containerd" | "kubelet" | "kube-proxy",
): Place {
  return { source, target, mode: CONFIG, kind, component: kind, need: "required" };
}

function identityPlaces({ name }: Machine): Place[] {
  const own = nodeFiles(name);
  const files: readonly [source: string, name: string, mode: number][] = [
    [CLUSTER_FILES.ca, "ca.crt", CONFIG],
    [own.certificate, "kubelet.crt", CONFIG],
    [own.key, "kubelet.key", SECRET],
    [own.kubeconfig, "kubeconfig", SECRET],
  ];
  return files.map(([source, target, mode]) => ({
    source,
    target: `${KUBELET_DIR}/${target}`,
    mode,
    kind: "other",
    component: "kubelet",
    need: "identity",
  }));
}

/**
 * All of configs/*.conf and *.conflist, by name: as containerd reads them. A file that
 * nodewright.yaml puts somewhere is meant for that place alone.
 */
function cniPlaces({ templates, settings }: Cluster): Place[] {
  const named = [settings, ...settings.nodes.values()].flatMap(({ files }) => files);
  const elsewhere = new Set(named.map(({ source }) => source));
  return [...templates.keys()]
    .filter((path) => /^configs\/[^/]+\.conf(list)?$/.test(path) && !elsewhere.has(path))
    .sort()
    .map((source) => ({
      source,
      target: `${CNI_DIR}/${basename(source)}`,
      mode: CONFIG,
      kind: "cni",
      component: "cni-plugins",
      need: "required",
    }));
}

function unitPlaces(cluster: Cluster): Place[] {
  const places: Place[] = [];
  for (const component of ["containerd", "kubelet", "kube-proxy"] as const) {
    const source = CLUSTER_FILES.units[component];
    const base = { mode: CONFIG, component } as const;
    const target = `${UNIT_DIR}/${basename(source)}`;
    places.push({ ...base, source, target, kind: "unit", need: "required" });
    const dropIns = [...cluster.templates.keys()].filter((path) => path.startsWith(`${source}.d/`));
    for (const dropIn of dropIns.sort()) {
      const at = `${target}.d/${basename(dropIn)}`;
      places.push({ ...base, source: dropIn, target: at, kind: "drop-in", need: "optional" });
    }
  }
  return places;
}

/** The place that a target has, for a file that nodewright.yaml puts there. */
function kindOfTarget(target: string): PlaceKind {
  if (target.startsWith(`${CNI_DIR}/`)) return "cni";
  if (/^\/etc\/systemd\/system\/[^/]+\.service\.d\/[^/]+\.conf$/.test(target)) return "drop-in";
  if (/^\/etc\/systemd\/system\/[^/]+\.service$/.test(target)) return "unit";
  const known: Readonly<Record<string, PlaceKind>> = {
    "/etc/containerd/config.toml": "containerd",
    [`${KUBELET_DIR}/kubelet-config.yaml`]: "kubelet",
    [`${PROXY_DIR}/kube-proxy-config.yaml`]: "kube-proxy",
  };
  return known[target] ?? "other";
}
