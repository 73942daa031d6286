import { type Cidr, cidrContains, type IpAddress, parseAddress } from "../ip/mod.ts";
import type { ProxyConfig } from "./config/mod.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { LocalTraffic, RoutingSettings } from "./settings.ts";

/** What the settings of one family are made of. */
export interface SettingsInput {
  readonly family: 4 | 6;
  readonly config: ProxyConfig;
  readonly node: NodeFacts;
  /** The addresses of this machine's links. */
  readonly hostAddresses: readonly IpAddress[];
  /** The cluster's ServiceCIDRs. */
  readonly serviceCidrs: readonly Cidr[];
  /** The kernel takes packets out of a connection's window for valid. */
  readonly isLiberal: boolean;
}

/** The routing settings of one address family. */
export function routingSettings(input: SettingsInput): RoutingSettings {
  const { family, config, serviceCidrs } = input;
  const nodeAddress = nodeAddressOf(input);
  const localTraffic = localTrafficOf(input);
  return {
    family,
    masqueradeMark: (1 << config.masqueradeBit) >>> 0,
    masqueradeAll: config.masqueradeAll,
    nodePortAddresses: nodePortAddressesOf(input, nodeAddress),
    hasLocalhostNodePorts: family === 4 && hasLocalhostNodePorts(config),
    isLiberal: input.isLiberal,
    serviceCidrs: serviceCidrs.filter((cidr) => cidr.family === family),
    ...(localTraffic === undefined ? {} : { localTraffic }),
    ...(nodeAddress === undefined ? {} : { nodeAddress }),
  };
}

/** `bindAddress` where it is of this family, otherwise what the Node says. */
function nodeAddressOf({ family, config, node }: SettingsInput): IpAddress | undefined {
  const bound = parseAddress(config.nodeAddress ?? "");
  if (bound.ok && bound.value.family === family) return bound.value;
  return node.addresses.find((address) => address.family === family);
}

function localTrafficOf({ family, config, node }: SettingsInput): LocalTraffic | undefined {
  const detection = config.localDetection;
  switch (detection.mode) {
    case "BridgeInterface":
      return { by: "interface", name: detection.name };
    case "InterfaceNamePrefix":
      return { by: "interfacePrefix", prefix: detection.prefix };
    case "ClusterCIDR":
    case "NodeCIDR": {
      const cidrs = detection.mode === "NodeCIDR" ? node.podCidrs : detection.cidrs;
      const cidr = cidrs.find((one) => one.family === family);
      return cidr === undefined ? undefined : { by: "cidr", cidr };
    }
  }
}

function nodePortAddressesOf(
  { family, config, hostAddresses }: SettingsInput,
  nodeAddress: IpAddress | undefined,
): RoutingSettings["nodePortAddresses"] {
  if (config.nodePortAddresses === "primary") {
    return nodeAddress === undefined ? "all" : [nodeAddress];
  }
  const cidrs = config.nodePortAddresses.filter((cidr) => cidr.family === family);
  if (cidrs.some(({ prefixLength }) => prefixLength === 0)) return "all";
  const hasLoopback = family === 4 && hasLocalhostNodePorts(config);
  return hostAddresses.filter(
    (address) =>
      cidrs.some((cidr) => cidrContains(cidr, address)) && (hasLoopback || !isLoopback(address)),
  );
}

/** In the mode iptables, where the configuration neither forbids it nor leaves 127.0.0.0/8 out. */
export function hasLocalhostNodePorts({
  localhostNodePorts,
  nodePortAddresses,
}: Pick<ProxyConfig, "localhostNodePorts" | "nodePortAddresses">): boolean {
  if (!localhostNodePorts || nodePortAddresses === "primary") return false;
  return nodePortAddresses.some((cidr) => cidr.family === 4 && cidrContains(cidr, LOCALHOST));
}

const LOCALHOST: IpAddress = { family: 4, value: 0x7f000001n };

function isLoopback({ family, value }: IpAddress): boolean {
  return family === 4 ? value >> 24n === 127n : value === 1n;
}
