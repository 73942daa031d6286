import type { Problem } from "../../base/mod.ts";
import { parseYaml } from "../../config/mod.ts";
import { formatCidr } from "../../ip/mod.ts";
import { CLUSTER_FILES } from "./cluster.ts";
import type { ClusterCidrs } from "./machine-conflicts.ts";
import { parseCidrList } from "./parse-settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The network of all pods: `clusterCIDR` of kube-proxy's configuration and of nodewright.yaml,
 * which must agree where both say it. A file that does not parse says nothing here; whoever
 * renders it reports that.
 */
export function clusterCidrsOf(
  settings: Settings,
  templates: ReadonlyMap<string, string>,
): { readonly cidrs: ClusterCidrs | undefined; readonly problems: readonly Problem[] } {
  const fromProxy = cidrsOfProxy(templates.get(CLUSTER_FILES.kubeProxyConfig));
  const own = settings.clusterCidr;
  const problems: Problem[] = [];
  if (own !== undefined && fromProxy !== undefined && describe(own) !== describe(fromProxy)) {
    problems.push({
      code: "cluster-cidr-differs",
      severity: "error",
      message: `Two files disagree about the cluster CIDR: ${describe(own)} and ${describe(fromProxy)}`,
      locations: [own.location, fromProxy.location],
      fix: "One place is enough: remove clusterCIDR from nodewright.yaml",
    });
  }
  return { cidrs: fromProxy ?? own, problems };
}

function cidrsOfProxy(text: string | undefined): ClusterCidrs | undefined {
  if (text === undefined) return undefined;
  const document = parseYaml(text, CLUSTER_FILES.kubeProxyConfig).value;
  const node = document?.node(["clusterCIDR"]);
  if (document === undefined || node?.kind !== "scalar" || typeof node.value !== "string") {
    return undefined;
  }
  const cidrs = parseCidrList(node.value);
  return cidrs.length === 0 ? undefined : { cidrs, location: document.locate(node.offset) };
}

function describe(cluster: ClusterCidrs): string {
  return cluster.cidrs.map(formatCidr).join(",");
}
