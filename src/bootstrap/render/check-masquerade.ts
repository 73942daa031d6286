import type { Problem } from "../../base/mod.ts";
import { CLUSTER_FILES, type Cluster } from "../inventory/mod.ts";
import type { NodeModels } from "./models.ts";

/** `masquerade: true` needs to know the cluster's network, and has no use beside the plugin's own ipMasq. */
export function checkMasquerade(cluster: Cluster, models: NodeModels): Problem[] {
  if (!cluster.settings.masquerade) return [];
  const problems: Problem[] = [];
  if (cluster.clusterCidrs === undefined) {
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
