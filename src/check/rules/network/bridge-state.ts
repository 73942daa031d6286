import type { CniConfig, CniPluginConfig } from "../../../config/mod.ts";
import { addressAt, type Cidr, formatAddress, lastAddress } from "../../../ip/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { hostLocalSubnets } from "./host-local.ts";
import { usedNetworks } from "./used-network.ts";

/** NW-D13 */
export const bridgeAddress = nodeRule({
  id: "NW-D13",
  severity: "error",
  title: "The bridge is the gateway that pods are sent to, with the configured subnet's address",
  stages: ["files", "machine"],
  places: [
    "/etc/cni/net.d/*: bridge, isGateway, ipam.ranges, ipam.routes",
    "the bridge link, usually cni0",
  ],
  symptom:
    'Every new sandbox fails: `failed to set bridge addr: "cni0" already has an IP address different ' +
    'from 10.200.0.1/24` (nodewright\'s own plugin: `Cannot give "cni0" the address 10.200.7.1/24: it has ' +
    "10.200.0.1/24`), while pods that run already go on. Or pods start and reach nothing but each other.",
  why:
    "The plugin makes the bridge once and does not change an address that it finds, unless " +
    "forceAddress is set: after a changed subnet, or a node that has joined again, the old one is there. " +
    "It gives the bridge an address only with isGateway, and pods a way out only with a default route.",
  fix: "Drain the node, then remove the bridge and the address files: ip link delete cni0; rm -r /var/lib/cni/networks/NAME.",
  provoked: { how: "another subnet for a node with running pods: new pods fail" },
  needs: ["networks"],
  uses: ["containerdConfig", "host"],
  check({ networks, host, containerdConfig }) {
    const [used] = usedNetworks(networks, containerdConfig);
    if (used?.config === undefined) return [];
    const { config } = used;
    return used.plugins
      .filter(({ type, ipamType }) => type?.value === "bridge" && ipamType?.value === "host-local")
      .flatMap((plugin) => [
        ...wayOut(config, plugin),
        ...(host === undefined ? [] : presentAddress(config, plugin, host)),
      ]);
  },
});

/** What the file itself lacks for pods to get out of their bridge. */
function wayOut(config: CniConfig, plugin: CniPluginConfig): Found[] {
  const subnets = hostLocalSubnets([plugin]);
  const locations = [plugin.type?.location].flatMap((at) => at ?? []);
  const found: Found[] = [];
  const [first] = subnets;
  if (
    first !== undefined &&
    !makesGateway(plugin) &&
    writtenGateways(config, plugin).length === 0
  ) {
    const gateway = formatAddress(addressAt(first.cidr, 1n));
    const said = plugin.isGateway?.isDefault === false ? "is false" : "is not set";
    found.push({
      message: `Pods are sent to the gateway ${gateway}, and no link has the address: isGateway ${said}`,
      locations,
      fix: "Write isGateway: true",
      edits: [{ file: config.document.file, path: [...plugin.path, "isGateway"], set: true }],
    });
  }
  if (plugin.isDefaultGateway?.value === true) return found;
  const routes = destinations(config, plugin);
  const lacking = subnets.find(
    ({ cidr }) => !routes.includes(cidr.family === 4 ? "0.0.0.0/0" : "::/0"),
  );
  if (lacking === undefined) return found;
  const wanted = lacking.cidr.family === 4 ? "0.0.0.0/0" : "::/0";
  found.push({
    message: `Pods have no route out of ${lacking.text}: ipam.routes has no ${wanted}`,
    locations,
    fix: `Write "routes": [{"dst": "${wanted}"}] into ipam, or isDefaultGateway: true`,
  });
  return found;
}

/** The bridge that is there already. */
function presentAddress(config: CniConfig, plugin: CniPluginConfig, host: HostFacts): Found[] {
  if (!makesGateway(plugin)) return [];
  const name = plugin.bridge?.value ?? "cni0";
  const link = host.network.links.find((candidate) => candidate.name === name);
  if (link === undefined || isForced(config, plugin)) return [];
  return hostLocalSubnets([plugin]).flatMap(({ cidr, location }): Found[] => {
    const wanted = gatewayOf(config, plugin, cidr);
    const present = link.addresses.filter((text) => text.includes(":") === (cidr.family === 6));
    if (present.length === 0 || present.includes(wanted)) return [];
    const message = `The bridge ${name} has the address ${present.join(", ")}, and the network wants ${wanted}`;
    return [{ message, locations: [location] }];
  });
}

function makesGateway({ isGateway, isDefaultGateway }: CniPluginConfig): boolean {
  return isGateway?.value === true || isDefaultGateway?.value === true;
}

function isForced({ document }: CniConfig, { path }: CniPluginConfig): boolean {
  const node = document.node([...path, "forceAddress"]);
  return node?.kind === "scalar" && node.value === true;
}

/** The gateway with its prefix: the one that is written, else the first address. */
function gatewayOf(config: CniConfig, plugin: CniPluginConfig, cidr: Cidr): string {
  const sameFamily = writtenGateways(config, plugin).find(
    (text) => text.includes(":") === (cidr.family === 6),
  );
  return `${sameFamily ?? formatAddress(addressAt(cidr, 1n))}/${cidr.prefixLength}`;
}

/** `gateway` of the ranges, as far as it is written. */
function writtenGateways({ document }: CniConfig, { path }: CniPluginConfig): readonly string[] {
  const ipam = [...path, "ipam"];
  const ranges = document.node([...ipam, "ranges"]);
  const sets = ranges?.kind === "list" ? ranges.items.length : 0;
  const places = [
    [...ipam, "gateway"],
    ...Array.from({ length: sets }, (_, set) => [...ipam, "ranges", set, 0, "gateway"]),
  ];
  return places.flatMap((at) => textAt(document, at));
}

function destinations({ document }: CniConfig, { path }: CniPluginConfig): readonly string[] {
  const routes = document.node([...path, "ipam", "routes"]);
  const count = routes?.kind === "list" ? routes.items.length : 0;
  return Array.from({ length: count }, (_, index) =>
    textAt(document, [...path, "ipam", "routes", index, "dst"]),
  ).flat();
}

function textAt(document: CniConfig["document"], at: readonly (string | number)[]): string[] {
  const node = document.node(at);
  return node?.kind === "scalar" && typeof node.value === "string" ? [node.value] : [];
}

/** NW-D14 */
export const leakedLeases = nodeRule({
  id: "NW-D14",
  severity: "warning",
  title: "Every address that host-local has given out belongs to a sandbox that is there",
  stages: ["running"],
  places: ["/var/lib/cni/networks/NAME/ADDRESS", "sandboxes of the runtime"],
  symptom:
    "`no IP addresses available in range set: 10.200.0.1-10.200.0.254`, long before there are so many pods.",
  why:
    "An address is free again when DEL has been called for its container. A crash or a reboot leaves " +
    "files behind, and a network that gets another name leaves its whole folder.",
  fix: "Call GC (nodewright cni gc NETWORK), or remove the files of containers that are gone while no pod starts.",
  provoked: {
    how: "address files of containers that never were: sandboxes fail when they are used up",
  },
  needs: ["networks", "host", "runtime"],
  uses: ["containerdConfig"],
  check({ networks, host, runtime, containerdConfig }) {
    if (host.leases === null) return unknown("host-local's address files could not be read");
    const sandboxes = new Set(runtime.pods.map(({ id }) => id));
    const [used] = usedNetworks(networks, containerdConfig);
    const current = used?.config?.name?.value;
    const byNetwork = Map.groupBy(host.leases, ({ network }) => network);
    // podman's containers have addresses of their own networks, and are no sandboxes.
    const hasOthers = host.foreign.some(({ name }) => name === "podman");
    return [...byNetwork].flatMap(([network, leases]): Found[] => {
      if (hasOthers && network !== current) return [];
      const leaked = leases.filter(({ containerId }) => !sandboxes.has(containerId));
      const [first] = leaked;
      if (first === undefined) return [];
      const size = network === current ? capacityOf(used?.plugins ?? []) : undefined;
      const message =
        size === undefined
          ? `${countOf(leaked.length)} without a sandbox in ${network}, which is not the node's network any more`
          : `${countOf(leaked.length)} without a sandbox in the network ${network}, of ${size} in all: ${first.address} of ${first.containerId.slice(0, 13)}`;
      return [{ message, locations: [] }];
    });
  },
});

function countOf(addresses: number): string {
  return addresses === 1 ? "1 address" : `${addresses} addresses`;
}

/** How many addresses host-local can give out: without network, gateway and broadcast. */
function capacityOf(plugins: readonly CniPluginConfig[]): bigint | undefined {
  const [first] = hostLocalSubnets(plugins);
  return first === undefined ? undefined : lastAddress(first.cidr) - first.cidr.network - 2n;
}
