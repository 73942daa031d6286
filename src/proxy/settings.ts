import type { Cidr, IpAddress } from "../ip/mod.ts";

/** How a packet from a pod of this node is told from any other one. */
export type LocalTraffic =
  | { readonly by: "cidr"; readonly cidr: Cidr }
  | { readonly by: "interface"; readonly name: string }
  | { readonly by: "interfacePrefix"; readonly prefix: string };

/** What every rule of one address family depends on, besides Services and their endpoints. */
export interface RoutingSettings {
  readonly family: 4 | 6;
  /** The bit of the packet mark that asks for masquerade: `1 << masqueradeBit`. */
  readonly masqueradeMark: number;
  /** Everything that goes to a cluster IP is masqueraded. */
  readonly masqueradeAll: boolean;
  /** Undefined: nothing tells local traffic, and nothing is done that needs it. */
  readonly localTraffic?: LocalTraffic;
  /** The addresses of this node that take node ports. */
  readonly nodePortAddresses: "all" | readonly IpAddress[];
  /** Node ports also on 127.0.0.0/8: in the mode iptables alone. */
  readonly hasLocalhostNodePorts: boolean;
  /** The kernel takes packets out of a connection's window for valid (nf_conntrack_tcp_be_liberal). */
  readonly isLiberal: boolean;
  /** Where cluster IPs come from: packets to those that no Service has are dropped. */
  readonly serviceCidrs: readonly Cidr[];
  /** This node's own address, where known. */
  readonly nodeAddress?: IpAddress;
}
