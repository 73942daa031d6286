import {
  type BaseChain,
  type DataType,
  type Family,
  type NftSet,
  type TableRef,
  TYPE,
} from "../../nft/mod.ts";

/** kube-proxy's own table; nobody else writes into it. */
export const TABLE_NAME = "kube-proxy";

/** Chains that the kernel calls, named by their type and hook, as kube-proxy 1.36 has them. */
export const BASE_CHAINS = {
  // Before any translation: load balancers' source ranges are about the address that was asked for.
  "filter-prerouting-pre-dnat": { type: "filter", hook: "prerouting", priority: -110 },
  "filter-output-pre-dnat": { type: "filter", hook: "output", priority: -110 },
  "filter-input": { type: "filter", hook: "input", priority: 0 },
  "filter-forward": { type: "filter", hook: "forward", priority: 0 },
  "filter-output": { type: "filter", hook: "output", priority: 0 },
  "nat-prerouting": { type: "nat", hook: "prerouting", priority: -100 },
  "nat-output": { type: "nat", hook: "output", priority: -100 },
  "nat-postrouting": { type: "nat", hook: "postrouting", priority: 100 },
} as const satisfies Readonly<Record<string, BaseChain>>;

/** The chains that base chains jump to. */
export const CHAIN = {
  services: "services",
  serviceEndpointsCheck: "service-endpoints-check",
  nodePortEndpointsCheck: "nodeport-endpoints-check",
  firewallCheck: "firewall-check",
  clusterIpsCheck: "cluster-ips-check",
  masquerading: "masquerading",
  reject: "reject-chain",
} as const;

/** Who jumps where; those with `isNew` only for a connection's first packet. */
export const JUMPS: readonly {
  readonly from: keyof typeof BASE_CHAINS;
  readonly to: string;
  readonly isNew: boolean;
}[] = [
  { from: "filter-input", to: CHAIN.nodePortEndpointsCheck, isNew: true },
  { from: "filter-input", to: CHAIN.serviceEndpointsCheck, isNew: true },
  { from: "filter-forward", to: CHAIN.serviceEndpointsCheck, isNew: true },
  { from: "filter-output", to: CHAIN.serviceEndpointsCheck, isNew: true },
  { from: "filter-prerouting-pre-dnat", to: CHAIN.firewallCheck, isNew: true },
  { from: "filter-output-pre-dnat", to: CHAIN.firewallCheck, isNew: true },
  { from: "nat-output", to: CHAIN.services, isNew: false },
  { from: "nat-prerouting", to: CHAIN.services, isNew: false },
  { from: "nat-postrouting", to: CHAIN.masquerading, isNew: false },
  { from: "filter-forward", to: CHAIN.clusterIpsCheck, isNew: true },
  { from: "filter-output", to: CHAIN.clusterIpsCheck, isNew: true },
];

/** The sets and maps that hold all Services' addresses and ports. */
export const CONTAINERS = [
  "cluster-ips",
  "service-ips",
  "service-nodeports",
  "no-endpoint-services",
  "no-endpoint-nodeports",
  "firewall-ips",
  "hairpin-connections",
] as const;
export type ContainerName = (typeof CONTAINERS)[number];

/** The set of addresses that take node ports, where not all of them do. */
export const NODE_PORT_IPS = "nodeport-ips";

/** A chain or set of a Service has a slash in its name, all others have none. */
export function isServiceObject(name: string): boolean {
  return name.includes("/");
}

/** The table and the sets of one address family. */
export interface Layout {
  readonly table: TableRef;
  readonly containers: Readonly<Record<ContainerName, NftSet>>;
  readonly nodePortIps: NftSet;
  /** The set of the clients that an endpoint keeps, each for so many seconds. */
  affinitySet(name: string, seconds: number): NftSet;
}

/** The layout of kube-proxy's table `ip kube-proxy` or `ip6 kube-proxy`. */
export function layoutOf(ipFamily: 4 | 6): Layout {
  const family: Family = ipFamily === 4 ? "ip" : "ip6";
  const table: TableRef = { family, table: TABLE_NAME };
  const address: DataType = ipFamily === 4 ? TYPE.ipv4Addr : TYPE.ipv6Addr;
  const set = (name: string, key: readonly DataType[], comment: string): NftSet => ({
    ...table,
    set: name,
    key,
    comment,
  });
  const verdicts = (name: string, key: readonly DataType[], comment: string): NftSet => ({
    ...set(name, key, comment),
    data: "verdict",
  });
  const service = [address, TYPE.inetProto, TYPE.inetService];
  const nodePort = [TYPE.inetProto, TYPE.inetService];
  return {
    table,
    nodePortIps: set(NODE_PORT_IPS, [address], "IPs that accept NodePort traffic"),
    containers: {
      "cluster-ips": set("cluster-ips", [address], "Active ClusterIPs"),
      "service-ips": verdicts(
        "service-ips",
        service,
        "ClusterIP, ExternalIP and LoadBalancer IP traffic",
      ),
      "service-nodeports": verdicts("service-nodeports", nodePort, "NodePort traffic"),
      "no-endpoint-services": verdicts(
        "no-endpoint-services",
        service,
        "vmap to drop or reject packets to services with no endpoints",
      ),
      "no-endpoint-nodeports": verdicts(
        "no-endpoint-nodeports",
        nodePort,
        "vmap to drop or reject packets to service nodeports with no endpoints",
      ),
      "firewall-ips": verdicts(
        "firewall-ips",
        service,
        "destinations that are subject to LoadBalancerSourceRanges",
      ),
      "hairpin-connections": set(
        "hairpin-connections",
        [address, address, TYPE.inetProto, TYPE.inetService],
        "service hairpin connections",
      ),
    },
    affinitySet: (name, seconds) => ({
      ...table,
      set: name,
      key: [address],
      isDynamic: true,
      timeoutMs: seconds * 1000,
    }),
  };
}
