import {
  type Cidr,
  cidrContains,
  cidrContainsCidr,
  cidrsOverlap,
  formatCidr,
  parseAddress,
  parseCidr,
} from "../../../ip/mod.ts";
import { claimedOfInventory, foundOf } from "../../claims.ts";
import type { ApiFacts } from "../../facts/api-facts.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Inventory } from "../../facts/inventory.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { clusterRule } from "../../rule.ts";
import { hostLocalSubnets } from "./host-local.ts";

/** NW-D11 */
export const disjointNetworks = clusterRule({
  id: "NW-D11",
  severity: "error",
  title:
    "Pods, Services and machines have networks that do not overlap, nor with any other of the machine",
  stages: ["files", "machine", "api"],
  places: [
    "machines.txt: IPV4_ADDRESS, POD_SUBNET",
    "kube-proxy-config.yaml: clusterCIDR",
    "kubelet-config.yaml: clusterDNS",
    "links and routes of the machine",
  ],
  symptom:
    "Single machines of the site cannot be reached from pods or from the node (a pod network shadows " +
    "them), or a Service's address is answered by a pod or a machine.",
  why:
    "The routes to pod subnets and the rules of kube-proxy come before the default route. Docker's " +
    "172.17.0.0/16, a VPN or the site's own 10.x network easily lies in the same range.",
  fix: "Move the pod network (clusterCIDR and every POD_SUBNET) or the Service network.",
  provoked: {
    not: "it takes machines of a network that is shadowed, and the test has one machine",
  },
  needs: ["nodes"],
  uses: ["inventory", "api"],
  check({ nodes, inventory, api }) {
    const listed =
      inventory === undefined ? [] : claimedOfInventory("NW-D11", inventory).map(foundOf);
    return [
      ...listed,
      ...servicesAmongPods(nodes, inventory, api),
      ...nodes.flatMap((node) => linksAmongPods(node, podNetworks(node, inventory), inventory)),
    ];
  },
});

/** The network of all pods, or as much of it as is known at one node. */
function podNetworks(node: NodeFacts, inventory: Inventory | undefined): readonly Cidr[] {
  if (inventory?.clusterCidrs !== undefined) return inventory.clusterCidrs.cidrs;
  const text = node.kubeProxyConfig?.clusterCIDR?.value;
  const stated = (text?.split(",") ?? []).flatMap((part) => {
    const cidr = parseCidr(part.trim());
    return cidr.ok ? [cidr.value] : [];
  });
  if (stated.length > 0) return stated;
  const plugins = (node.networks ?? []).flatMap((network) => network.plugins);
  return hostLocalSubnets(plugins).map(({ cidr }) => cidr);
}

/** The DNS Service's address, and those that the API server has, lie in the Service network. */
function servicesAmongPods(
  nodes: readonly NodeFacts[],
  inventory: Inventory | undefined,
  api: ApiFacts | undefined,
): Found[] {
  const found = new Map<string, Found>();
  for (const node of nodes) {
    const pods = podNetworks(node, inventory);
    const services = [
      ...(node.kubeletConfig?.clusterDNS ?? []).map(({ value, location }) => ({
        what: "clusterDNS",
        address: value,
        locations: [location],
      })),
      ...(api?.services ?? []).flatMap(({ namespace, name, clusterIps }) =>
        clusterIps.map((address) => ({
          what: `Service ${namespace}/${name}`,
          address,
          locations: [],
        })),
      ),
    ];
    for (const { what, address, locations } of services) {
      const parsed = parseAddress(address);
      const network = parsed.ok ? pods.find((cidr) => cidrContains(cidr, parsed.value)) : undefined;
      if (network === undefined) continue;
      const message = `${what} ${address} lies in the network of the pods: ${formatCidr(network)}`;
      found.set(message, { message, locations });
    }
  }
  return [...found.values()];
}

/** Links and routes of the machine in the pods' network that are not the pods' own. */
function linksAmongPods(
  node: NodeFacts,
  pods: readonly Cidr[],
  inventory: Inventory | undefined,
): Found[] {
  const { host, networks = [], name } = node;
  const plugins = networks.flatMap((network) => network.plugins);
  const subnets = hostLocalSubnets(plugins).map(({ cidr }) => cidr);
  // Other networks (flannel, Cilium) have links of their own among the pods.
  if (host === undefined || subnets.length === 0) return [];
  const bridges = new Set(plugins.map(({ bridge }) => bridge?.value ?? "cni0"));
  const listed = (inventory?.machines ?? []).flatMap((machine) => machine.podSubnets);
  const own = [...subnets, ...listed.map(({ cidr }) => cidr)];
  const isForeign = (cidr: Cidr): boolean => !own.some((subnet) => cidrContainsCidr(subnet, cidr));
  const found = (what: string, overlapped: Cidr): Found => ({
    message: `The machine has a ${what} in the network of the pods, ${formatCidr(overlapped)}`,
    locations: [],
    node: name,
  });
  const links = linkNetworks(host, bridges).flatMap(({ what, cidr }): Found[] => {
    const overlapped = pods.find((network) => cidrsOverlap(network, cidr));
    return overlapped === undefined || !isForeign(cidr) ? [] : [found(what, overlapped)];
  });
  // Where the site's routers know the pods, or the other nodes are not known, a route may be one to pods.
  if (inventory?.hasRoutes !== true) return links;
  const routes = host.network.routes.flatMap(({ destination, link }): Found[] => {
    const cidr = networkOf(destination);
    if (cidr === undefined || bridges.has(link ?? "") || !isForeign(cidr)) return [];
    const outer = pods.find((network) => cidrContainsCidr(network, cidr));
    const what = `route to ${destination} over ${link ?? "a gateway"}`;
    return outer === undefined ? [] : [found(what, outer)];
  });
  return [...links, ...routes];
}

function linkNetworks(host: HostFacts, bridges: ReadonlySet<string>) {
  return host.network.links
    .filter((link) => !bridges.has(link.name))
    .flatMap(({ name, addresses }) =>
      addresses.flatMap((text) => {
        const cidr = networkOf(text);
        return cidr === undefined ? [] : [{ what: `link ${name} with ${text}`, cidr }];
      }),
    );
}

/** The network of `10.0.0.5/24`. */
function networkOf(text: string): Cidr | undefined {
  const [host = "", length = ""] = text.split("/");
  const address = parseAddress(host);
  if (!address.ok) return undefined;
  const bits = address.value.family === 4 ? 32 : 128;
  const prefixLength = length === "" ? bits : Number(length);
  const mask = (1n << BigInt(bits - prefixLength)) - 1n;
  return { family: address.value.family, network: address.value.value & ~mask, prefixLength };
}
