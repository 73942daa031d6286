import { formatCidr, parseCidr } from "../../../ip/mod.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { clusterRule, nodeRule, unknown } from "../../rule.ts";
import { hostLocalSubnets } from "./host-local.ts";
import { usedNetworks } from "./used-network.ts";

/** What a veth pair and a bridge have where nobody says otherwise. */
const KERNEL_MTU = 1500;

/** NW-D18 */
export const mtu = clusterRule({
  id: "NW-D18",
  severity: "warning",
  title: "Pods send no larger packets than their node's uplink takes, the same on all nodes",
  stages: ["machine"],
  places: ["/etc/cni/net.d/*: mtu", "the link of the default route"],
  symptom:
    "Pings and small answers come through; TLS handshakes and large answers hang, mostly across nodes " +
    "or through a VPN.",
  why:
    "The bridge and its ports have 1500 bytes where the network says nothing. A cloud's or a VPN's " +
    "uplink with less drops what is larger, and the message that would say so is often filtered.",
  fix: "Write the smallest uplink's mtu (less the overhead of a tunnel) at the bridge plugin.",
  provoked: {
    not: "it takes a link between nodes that passes only small packets, and the test has one machine",
  },
  needs: ["nodes"],
  check({ nodes }) {
    const known = nodes.flatMap((node) => {
      const uplink = node.host === undefined ? undefined : uplinkOf(node.host);
      const pods = podMtu(node);
      return uplink === undefined || pods === undefined ? [] : [{ node, uplink, ...pods }];
    });
    if (known.length === 0)
      return unknown("needs a machine with a default route and a bridge for its pods");
    const tooLarge = known.flatMap(({ node, uplink, bytes, locations }): Found[] =>
      bytes <= uplink.mtu
        ? []
        : [
            {
              message: `Pods send up to ${bytes} bytes, and ${uplink.name} takes ${uplink.mtu}`,
              locations,
              node: node.name,
              fix: `Write "mtu": ${uplink.mtu} at the bridge plugin`,
            },
          ],
    );
    const [first] = known;
    const other = known.find(({ bytes }) => bytes !== first?.bytes);
    if (first === undefined || other === undefined) return tooLarge;
    return [
      ...tooLarge,
      {
        message: `Pods of two nodes have different MTUs: ${first.bytes} on ${first.node.name}, ${other.bytes} on ${other.node.name}`,
        locations: [...other.locations, ...first.locations],
      },
    ];
  },
});

function uplinkOf({ network }: HostFacts) {
  const isDefault = (destination: string) => ["default", "0.0.0.0/0", "::/0"].includes(destination);
  const [best] = network.routes
    .filter(({ destination }) => isDefault(destination))
    .toSorted((a, b) => a.priority - b.priority);
  return network.links.find(({ name }) => name === best?.link);
}

function podMtu({ networks = [], containerdConfig }: NodeFacts) {
  const [used] = usedNetworks(networks, containerdConfig);
  const plugin = used?.plugins.find(({ type }) => type?.value === "bridge");
  if (plugin === undefined) return undefined;
  const set = plugin.mtu;
  if (set !== undefined && set.value > 0) return { bytes: set.value, locations: [set.location] };
  const at = plugin.type?.location;
  return { bytes: KERNEL_MTU, locations: at === undefined ? [] : [at] };
}

/** NW-D19 */
export const podRoutes = nodeRule({
  id: "NW-D19",
  severity: "error",
  title: "The node has one route to each other node's pod subnet, through that node",
  stages: ["files", "machine"],
  places: ["machines.txt: IPV4_ADDRESS, POD_SUBNET", "the machine's routes"],
  symptom:
    "Pods reach each other on one node and not across nodes; often since a reboot, which has taken " +
    "routes that were added by hand.",
  why:
    "Without an overlay each node is the router of its own pods. In a cloud the network drops such " +
    "packets unless the check of source and destination is off, which no node can see.",
  fix: "Let apply make them (routes: true; nodewright-routes.service sets them at boot), or the network's own routers.",
  provoked: { not: "it takes two nodes, and the test has one machine" },
  needs: ["name", "inventory"],
  uses: ["host", "renderProblems"],
  check({ name, inventory, host, renderProblems }) {
    const claimed = claimedProblems("NW-D19", { renderProblems })
      .filter(({ node }) => node === undefined || node === name)
      .map(foundOf);
    if (host === undefined || !inventory.hasRoutes) return claimed;
    const routes = Map.groupBy(host.network.routes, ({ destination }) => canonical(destination));
    const own = inventory.machines.find((machine) => machine.name === name);
    const families = new Set(own?.addresses.map(({ address }) => address.family) ?? []);
    const found = inventory.machines.flatMap((machine): Found[] => {
      if (machine.name === name) return [];
      return machine.podSubnets.flatMap(({ text, cidr, location }): Found[] => {
        const via = machine.addresses.find(({ address }) => address.family === cidr.family);
        if (via === undefined || !families.has(cidr.family)) return [];
        const present = (routes.get(formatCidr(cidr)) ?? []).map(
          (route) => route.gateway ?? route.link ?? "?",
        );
        const wanted = `${text} of ${machine.name} via ${via.text}`;
        if (present.length === 0) {
          return [{ message: `There is no route to ${wanted}`, locations: [location] }];
        }
        if (present.every((gateway) => gateway === via.text) && present.length === 1) return [];
        const message = `The route to ${wanted} leads elsewhere, or is not the only one: ${present.join(", ")}`;
        return [{ message, locations: [location, via.location] }];
      });
    });
    return [...claimed, ...found];
  },
});

function canonical(destination: string): string {
  const cidr = parseCidr(destination);
  return cidr.ok ? formatCidr(cidr.value) : destination;
}

/** NW-D20 */
export const forwarding = nodeRule({
  id: "NW-D20",
  severity: "error",
  title: "The machine's firewall forwards what pods send and get",
  stages: ["machine"],
  places: ["iptables: FORWARD", "nftables: chains on the forward hook", "machines.txt: POD_SUBNET"],
  symptom: "Pods of one node reach each other; nothing arrives across nodes or from outside.",
  why:
    "Docker and ufw set the policy of FORWARD to DROP, firewalld has a chain of its own. kube-proxy " +
    "accepts what it has marked and what belongs to a connection, not the first packet between pods.",
  fix: "Accept the cluster CIDR in FORWARD, as source and as destination, chain the plugin firewall, or take the other firewall off.",
  provoked: { how: "iptables -P FORWARD DROP: a pod does not reach a machine beyond its node" },
  needs: ["host", "networks"],
  uses: ["inventory", "containerdConfig"],
  check({ host, networks, inventory, containerdConfig }) {
    const { forwardPolicy, forwardAccepted, nftForwardDrops } = host.firewall;
    if (forwardPolicy === null && nftForwardDrops.length === 0) {
      return unknown("the policy of FORWARD could not be read");
    }
    const found = nftForwardDrops.map(
      (chain): Found => ({
        message: `A chain of nftables drops what is forwarded, unless a rule accepts it: ${chain}`,
        locations: [],
        severity: "warning",
      }),
    );
    if (forwardPolicy !== "DROP") return found;
    const [used] = usedNetworks(networks, containerdConfig);
    const plugins = used?.plugins ?? [];
    if (plugins.some(({ type }) => type?.value === "firewall")) return found;
    const bridges = plugins.map(({ bridge }) => bridge?.value ?? "cni0");
    const pods = [
      ...(inventory?.clusterCidrs?.cidrs ?? []).map(formatCidr),
      ...hostLocalSubnets(plugins).map(({ text }) => text),
    ];
    if (forwardAccepted?.some((what) => [...bridges, ...pods].includes(what)) === true)
      return found;
    const cidr = pods[0] ?? "the pods' network";
    const message = `The policy of FORWARD is DROP, and no rule accepts ${cidr}`;
    return [{ message, locations: [] }, ...found];
  },
});

/** NW-D22 */
export const ipv6 = nodeRule({
  id: "NW-D22",
  severity: "error",
  title: "A network with IPv6 addresses has a machine with IPv6",
  stages: ["machine"],
  places: ["/etc/cni/net.d/*: ipam.ranges", "sysctl net.ipv6.conf.all.disable_ipv6"],
  symptom: 'Every sandbox fails: `could not add IP address to "cni0": permission denied`.',
  why:
    "With disable_ipv6 the kernel refuses the address with EACCES, which reads like a lack of rights. " +
    "nodewright's own plugins turn IPv6 on for the links that they make, and for no others.",
  fix: "Set net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6 to 0, or take the IPv6 range out.",
  provoked: {
    not: "nodewright's own plugins turn IPv6 on for the links that they make; it takes others",
  },
  needs: ["networks", "host"],
  uses: ["containerdConfig"],
  check({ networks, host, containerdConfig }) {
    const [used] = usedNetworks(networks, containerdConfig);
    const subnet = hostLocalSubnets(used?.plugins ?? []).find(({ cidr }) => cidr.family === 6);
    if (subnet === undefined) return [];
    const keys = ["net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6"];
    if (host.sysctls[keys[0] ?? ""] === undefined) return unknown(`${keys[0]} is not known`);
    return keys
      .flatMap((key): Found[] => {
        const value = host.sysctls[key];
        if (value !== null && value !== "1") return [];
        const state = value === null ? "the kernel has no IPv6" : `${key} is 1`;
        const message = `The network gives out ${subnet.text}, and ${state}`;
        return [{ message, locations: [subnet.location] }];
      })
      .slice(0, 1);
  },
});
