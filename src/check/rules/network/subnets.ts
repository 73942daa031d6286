import type { SourceLocation } from "../../../base/mod.ts";
import {
  type Cidr,
  cidrContainsCidr,
  cidrsOverlap,
  formatCidr,
  parseCidr,
} from "../../../ip/mod.ts";
import { claimedOfInventory, claimedProblems, foundOf } from "../../claims.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { clusterRule, nodeRule } from "../../rule.ts";
import { hostLocalSubnets } from "./host-local.ts";
import { usedNetworks } from "./used-network.ts";

/** A subnet that a node's network gives addresses out of. */
interface OwnedSubnet {
  readonly node: string;
  readonly cidr: Cidr;
  readonly text: string;
  readonly location: SourceLocation;
}

function subnetsOf({ name, networks = [], containerdConfig }: NodeFacts): readonly OwnedSubnet[] {
  const { plugins = [] } = usedNetworks(networks, containerdConfig)[0] ?? {};
  return hostLocalSubnets(plugins).map((subnet) => ({ node: name, ...subnet }));
}

/** NW-D09 */
export const disjointSubnets = clusterRule({
  id: "NW-D09",
  severity: "error",
  title: "Each node gives out addresses of a subnet of its own",
  stages: ["files"],
  places: ["machines.txt: POD_SUBNET", "/etc/cni/net.d/*: ipam.ranges"],
  symptom:
    "Two pods have the same address; connections across nodes fail now and then, depending on which " +
    "node's route is taken.",
  why: "host-local knows the addresses of its own node alone. Nothing in the cluster notices a subnet that two nodes have.",
  fix: "Give each worker a subnet of its own, and let the template say SUBNET.",
  provoked: { not: "it takes two nodes, and the test has one machine" },
  needs: ["nodes"],
  uses: ["inventory"],
  check({ nodes, inventory }) {
    const rendered = nodes.flatMap((node) =>
      claimedProblems("NW-D09", { renderProblems: node.renderProblems }).map((problem) => ({
        ...foundOf(problem),
        node: problem.node ?? node.name,
      })),
    );
    const listed =
      inventory === undefined ? [] : claimedOfInventory("NW-D09", inventory).map(foundOf);
    // What the inventory says about its own lines is not said again about the files made of them.
    if (listed.length > 0 || rendered.length > 0) return [...listed, ...rendered];
    return overlaps(nodes.flatMap(subnetsOf));
  },
});

function overlaps(subnets: readonly OwnedSubnet[]): Found[] {
  const sorted = subnets.toSorted((a, b) =>
    a.cidr.family !== b.cidr.family
      ? a.cidr.family - b.cidr.family
      : a.cidr.network < b.cidr.network
        ? -1
        : 1,
  );
  return sorted.flatMap((subnet, index): Found[] => {
    const before = sorted[index - 1];
    if (before === undefined || before.node === subnet.node) return [];
    if (!cidrsOverlap(before.cidr, subnet.cidr)) return [];
    return [
      {
        message: `Two nodes give out the same addresses: ${before.node} ${before.text}, ${subnet.node} ${subnet.text}`,
        locations: [subnet.location, before.location],
        node: subnet.node,
      },
    ];
  });
}

/** NW-D10 */
export const subnetsInCluster = clusterRule({
  id: "NW-D10",
  severity: "error",
  title: "Every node's pod subnet lies inside the cluster CIDR, and all files mean the same one",
  stages: ["files"],
  places: [
    "machines.txt: POD_SUBNET",
    "kube-proxy-config.yaml: clusterCIDR",
    "nodewright.yaml: clusterCIDR",
    "kube-controller-manager: --cluster-cidr",
  ],
  symptom:
    "Pods of that node reach Services with their node's address, or not at all; network policies take " +
    "them for something outside of the cluster.",
  why:
    "kube-proxy tells traffic of pods from traffic of others by clusterCIDR, and nodewright's own " +
    "masquerading leaves out the same network. A subnet outside of it is treated as the world.",
  fix: "Widen clusterCIDR, or give the node a subnet inside of it.",
  provoked: { not: "it shows in rules of kube-proxy, which the lab does not have" },
  needs: ["nodes"],
  uses: ["inventory"],
  check({ nodes, inventory }) {
    const listed =
      inventory === undefined ? [] : claimedOfInventory("NW-D10", inventory).map(foundOf);
    if (listed.length > 0) return listed;
    return nodes.flatMap((node): Found[] => {
      const outer = node.kubeProxyConfig?.clusterCIDR;
      if (outer === undefined) return [];
      const cidrs = outer.value.split(",").flatMap((text) => {
        const cidr = parseCidr(text.trim());
        return cidr.ok ? [cidr.value] : [];
      });
      return subnetsOf(node).flatMap(({ cidr, text, location }) => {
        const ofFamily = cidrs.filter(({ family }) => family === cidr.family);
        if (ofFamily.some((candidate) => cidrContainsCidr(candidate, cidr))) return [];
        // A family that clusterCIDR leaves out is another mistake (NW-E07).
        if (ofFamily.length === 0) return [];
        return [
          {
            message: `The pod subnet ${text} is not inside kube-proxy's clusterCIDR: ${outer.value}`,
            locations: [location, outer.location],
            node: node.name,
          },
        ];
      });
    });
  },
});

/** NW-D12 */
export const nodePodCidr = nodeRule({
  id: "NW-D12",
  severity: "warning",
  title: "The Node's podCIDR is the subnet that the node gives out",
  stages: ["api"],
  places: ["Node: spec.podCIDRs", "/etc/cni/net.d/*: ipam.ranges"],
  symptom:
    "Pods are unreachable although they run; routes made from podCIDR lead to another node, or a CNI " +
    "that waits for podCIDR says `node ... pod cidr not assigned`.",
  why:
    "With --allocate-node-cidrs the controller manager gives each Node a network, and cloud routes, " +
    "flannel and kube-proxy's NodeCIDR mode go by that one. host-local gives out what its file says.",
  fix: "Turn the allocation off (--allocate-node-cidrs=false), or write the Node's podCIDR into machines.txt.",
  provoked: { not: "it needs a controller manager that allocates, which the lab does not have" },
  needs: ["networks", "apiNode"],
  uses: ["containerdConfig"],
  check({ networks, apiNode, containerdConfig }) {
    const used = usedNetworks(networks, containerdConfig)[0];
    if (used === undefined) return [];
    const flannel = used.plugins.find(({ type }) => type?.value === "flannel");
    if (flannel?.type !== undefined && apiNode.podCidrs.length === 0) {
      const message = "The plugin flannel waits for the Node's podCIDR, and it has none";
      return [{ message, locations: [flannel.type.location] }];
    }
    const assigned = apiNode.podCidrs.flatMap((text) => {
      const cidr = parseCidr(text);
      return cidr.ok ? [formatCidr(cidr.value)] : [];
    });
    return hostLocalSubnets(used.plugins).flatMap(({ cidr, text, location }) => {
      const ofFamily = assigned.filter((other) => other.includes(":") === (cidr.family === 6));
      if (ofFamily.length === 0 || ofFamily.includes(text)) return [];
      const message = `The node gives out addresses of ${text}, and its Node has the podCIDR ${ofFamily.join(", ")}`;
      return [{ message, locations: [location] }];
    });
  },
});
