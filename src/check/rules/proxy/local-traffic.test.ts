import { expect, test } from "bun:test";
import { FactDeriver } from "../../facts/fact-deriver.ts";
import { treeOf } from "../../facts/node-tree.ts";
import { localTraffic } from "./local-traffic.ts";

/** A node that is looked at without a cluster directory. */
function nodeWith(subnet: string) {
  const files = {
    "/var/lib/kube-proxy/kube-proxy-config.yaml":
      'kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDR: "10.200.0.0/16"\n',
    "/etc/cni/net.d/10-bridge.conf": `{"cniVersion":"1.0.0","name":"n","type":"bridge","ipam":{"type":"host-local","subnet":"${subnet}"}}`,
  };
  const tree = treeOf(
    Object.entries(files).map(([path, text]) => ({ path, shown: path, text })),
    { isComplete: true },
  );
  return new FactDeriver().derive({ name: "node-0", now: new Date(0), files: tree });
}

test.each([
  ["10.200.3.0/24", []],
  [
    "10.201.3.0/24",
    ["Pods get addresses of 10.201.3.0/24, which is not inside of clusterCIDR: 10.200.0.0/16"],
  ],
])("NW-E07 holds the pods' subnet %s of a node's own files against clusterCIDR", (subnet, want) => {
  const { kubeProxyConfig, networks } = nodeWith(subnet);
  if (kubeProxyConfig === undefined || networks === undefined) throw new Error("no facts");
  const answer = localTraffic.check({ kubeProxyConfig, networks });
  expect("unknown" in answer ? answer.unknown : answer.map(({ message }) => message)).toEqual(want);
});
