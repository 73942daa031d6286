import type { Problem } from "../../base/mod.ts";
import type { FileKind, FileProblem } from "../../check/mod.ts";
import {
  checkUnit,
  mergeUnit,
  parseCniConfig,
  parseContainerdConfig,
  parseKubeletConfig,
  parseKubeProxyConfig,
  parseUnit,
} from "../../config/mod.ts";
import { CLUSTER_FILES, type Cluster } from "../inventory/mod.ts";

/** Something valid in the place of each placeholder; the longer word first. */
const SUBNETS = [
  ["SUBNET6", "fd00:200::/64"],
  ["SUBNET", "10.200.0.0/24"],
] as const;

/**
 * What the files of a cluster directory give by themselves: so that they are looked at also where
 * machines.txt names nobody to render them for.
 */
export function templateProblems(cluster: Cluster): readonly FileProblem[] {
  return [...cluster.templates].flatMap(([path, text]) => {
    const [kind, problems] = problemsOf(path, text);
    return problems.map((problem) => ({ kind, problem }));
  });
}

function problemsOf(path: string, text: string): readonly [FileKind, readonly Problem[]] {
  const { containerdConfig, kubeletConfig, kubeProxyConfig } = CLUSTER_FILES;
  if (path === containerdConfig) return ["containerd", parseContainerdConfig(text, path).problems];
  if (path === kubeletConfig) return ["kubelet", parseKubeletConfig(text, path).problems];
  if (path === kubeProxyConfig) return ["kube-proxy", parseKubeProxyConfig(text, path).problems];
  if (/^configs\/[^/]+\.conf(list)?$/.test(path)) {
    const filled = SUBNETS.reduce((all, [word, subnet]) => all.replaceAll(word, subnet), text);
    return ["cni", parseCniConfig(filled, path).problems];
  }
  return ["unit", path.startsWith("units/") ? unitProblems(path, text) : []];
}

function unitProblems(path: string, text: string): readonly Problem[] {
  const { value, problems } = parseUnit(text, path, { isPartial: true });
  const isWhole = path.endsWith(".service");
  return value === undefined || !isWhole
    ? problems
    : [...problems, ...checkUnit(mergeUnit(value, []))];
}
