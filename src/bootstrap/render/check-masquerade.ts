import type { Problem } from "../../base/mod.ts";
import { CLUSTER_FILES, type Cluster, DEFAULT_SETTINGS } from "../inventory/mod.ts";
import type { NodeModels } from "./models.ts";

/**
 * Either the bridge plugin masquerades (ipMasq), or nodewright does and knows the cluster's
 * network, or somebody has said that nobody need.
 */
export function checkMasquerade(cluster: Cluster, models: NodeModels): Problem[] {
  const { masquerade } = cluster.settings;
  if (masquerade === undefined) return isMisread(cluster) ? [] : nobodyMasquerades(models);
  if (!masquerade) return [];
  const problems: Problem[] = [];
  const isProxyMisread =
    models.kubeProxy === undefined && cluster.templates.has(CLUSTER_FILES.kubeProxyConfig);
  if (cluster.clusterCidrs === undefined && !isProxyMisread) {
    problems.push({
      code: "no-cluster-cidr",
      severity: "error",
      message: "Cannot masquerade: the network of all pods is not known",
      locations: [{ file: CLUSTER_FILES.settings, line: 1, column: 1 }],
      fix: `Write clusterCIDR into ${CLUSTER_FILES.kubeProxyConfig} (or into nodewright.yaml, where there is no kube-proxy)`,
    });
  }
  for (const { plugins } of models.cni) {
    for (const { ipMasq } of plugins) {
      if (ipMasq?.value !== true) continue;
      problems.push({
        code: "masquerade-twice",
        severity: "warning",
        message: "The bridge plugin masquerades as well, also between pods of different nodes",
        locations: [ipMasq.location],
        fix: "Write ipMasq: false there, or masquerade: false in nodewright.yaml",
      });
    }
  }
  return problems;
}

/** Of a file with an error nothing is taken, whatever it says of masquerading. */
function isMisread({ problems, settings }: Cluster): boolean {
  return (
    settings === DEFAULT_SETTINGS &&
    problems.some(
      ({ severity, locations: [place] }) =>
        severity === "error" && place?.file === CLUSTER_FILES.settings,
    )
  );
}

function nobodyMasquerades(models: NodeModels): Problem[] {
  return models.cni.flatMap(({ config, plugins }) =>
    plugins
      .filter(({ type, ipMasq }) => type?.value === "bridge" && ipMasq?.value !== true)
      .map(({ path, ipMasq }) => ({
        code: "no-masquerade",
        severity: "warning",
        message:
          "Nothing masquerades: pods reach the outside of the cluster with their own addresses",
        locations: [ipMasq?.location ?? config.document.at(path)],
        fix: "Write masquerade: true into nodewright.yaml; or false, where the network routes the pods' addresses",
      })),
  );
}
