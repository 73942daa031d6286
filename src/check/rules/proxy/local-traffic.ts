import type { Located } from "../../../config/mod.ts";
import { type Cidr, cidrContainsCidr, parseCidr } from "../../../ip/mod.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { setting } from "../../setting.ts";

/** NW-E07 */
export const localTraffic = nodeRule({
  id: "NW-E07",
  severity: "warning",
  title: "kube-proxy can tell traffic of the node's pods from all other",
  stages: ["files", "api"],
  places: [
    "configs/kube-proxy-config.yaml: detectLocalMode, clusterCIDR, detectLocal",
    "machines.txt: POD_SUBNET; the Node's podCIDR; configs/10-bridge.conflist: bridge",
  ],
  symptom:
    "What comes from outside to a Service's address is not masqueraded, and the answer goes astray; " +
    "or kube-proxy waits: `Waiting for podCIDR to be assigned to node`, and ends after five minutes.",
  why:
    "Traffic to a ClusterIP from anything but a pod has to be masqueraded. By default kube-proxy " +
    "takes for a pod what lies in clusterCIDR; NodeCIDR asks the Node for its podCIDR, which the " +
    "controller manager sets only with --allocate-node-cidrs; the other modes go by the link.",
  fix: "Set clusterCIDR to the network of all pods, as the controller manager's --cluster-cidr.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["kubeProxyConfig"],
  uses: ["apiNode", "machine", "networks"],
  check({ kubeProxyConfig, apiNode, machine, networks }) {
    const { detectLocalMode: mode, clusterCIDR, reader, document } = kubeProxyConfig;
    const network = networks?.[0];
    switch (mode.value) {
      case "ClusterCIDR":
        return clusterCIDR === undefined
          ? [
              {
                message: `kube-proxy does not know which addresses are pods': ${setting("detectLocalMode", mode)}, and clusterCIDR is not set`,
                locations: [document.at(["clusterCIDR"])],
              },
            ]
          : judgeSubnets(clusterCIDR, machine === undefined ? network : undefined);
      case "NodeCIDR":
        if (apiNode === undefined)
          return unknown("needs the Node object: whether it has a podCIDR");
        return apiNode.podCidrs.length > 0
          ? []
          : [
              {
                message:
                  "kube-proxy waits for the Node's podCIDR, and it has none: detectLocalMode: NodeCIDR",
                locations: [mode.location],
                severity: "error",
                fix: "Set detectLocalMode: ClusterCIDR and clusterCIDR, or --allocate-node-cidrs of the controller manager",
              },
            ];
      case "BridgeInterface":
        return judgeLink(mode, reader.textOrDefault(["detectLocal", "bridgeInterface"]), network);
      default: {
        const prefix = reader.textOrDefault(["detectLocal", "interfaceNamePrefix"]);
        return prefix !== undefined ? [] : [missing(mode, "detectLocal.interfaceNamePrefix")];
      }
    }
  },
});

function missing(mode: Located<string>, field: string): Found {
  return {
    message: `detectLocalMode: ${mode.value} needs ${field}, which is not set`,
    locations: [mode.location],
    severity: "error",
    fix: `Set ${field}, or detectLocalMode: ClusterCIDR`,
  };
}

function judgeLink(
  mode: Located<string>,
  link: Located<string> | undefined,
  network: NetworkFact | undefined,
): readonly Found[] {
  if (link === undefined) return [missing(mode, "detectLocal.bridgeInterface")];
  const bridge = network?.plugins.find(({ type }) => type?.value === "bridge");
  const name = bridge?.bridge?.value ?? (bridge === undefined ? undefined : "cni0");
  if (name === undefined || name === link.value) return [];
  const place = bridge?.bridge?.location ?? bridge?.type?.location;
  return [
    {
      message: `kube-proxy looks for pods on the bridge ${link.value}, and theirs is ${name}`,
      locations: [link.location, ...(place === undefined ? [] : [place])],
      fix: `Set detectLocal.bridgeInterface: ${name}`,
      edits: [{ file: link.location.file, path: ["detectLocal", "bridgeInterface"], set: name }],
    },
  ];
}

/** Where there is no machines.txt, which is held against the cluster CIDR as it is read. */
function judgeSubnets(
  clusterCIDR: Located<string>,
  network: NetworkFact | undefined,
): readonly Found[] {
  const outer = clusterCIDR.value.split(",").flatMap((text): Cidr[] => {
    const cidr = parseCidr(text.trim());
    return cidr.ok ? [cidr.value] : [];
  });
  return (network?.config?.subnets ?? []).flatMap(({ value, location }): Found[] => {
    const subnet = parseCidr(value);
    if (!subnet.ok || outer.some((cidr) => cidrContainsCidr(cidr, subnet.value))) return [];
    return [
      {
        message: `Pods get addresses of ${value}, which is not inside of clusterCIDR: ${clusterCIDR.value}`,
        locations: [clusterCIDR.location, location],
      },
    ];
  });
}
