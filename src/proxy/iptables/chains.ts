import { createHash } from "node:crypto";
import type { Endpoint, ServicePort } from "../model/mod.ts";
import { servicePortName } from "../model/mod.ts";

/** The tables that the proxy writes to. */
export type TableName = "nat" | "filter";

/** The chains that all Services share, with kube-proxy's own names. */
export const CHAIN = {
  services: "KUBE-SERVICES",
  externalServices: "KUBE-EXTERNAL-SERVICES",
  nodePorts: "KUBE-NODEPORTS",
  postrouting: "KUBE-POSTROUTING",
  markMasq: "KUBE-MARK-MASQ",
  forward: "KUBE-FORWARD",
  proxyFirewall: "KUBE-PROXY-FIREWALL",
  /** The kubelet's, of which each side makes what is missing. */
  kubeletFirewall: "KUBE-FIREWALL",
  /** Empty, in each table: it goes where somebody flushes the table. */
  canary: "KUBE-PROXY-CANARY",
} as const;

/** The chains of one port of a Service. */
export interface PortChains {
  /** To the endpoints of the policy Cluster. */
  readonly cluster: string;
  /** To those of the policy Local. */
  readonly local: string;
  /** What comes from outside the cluster. */
  readonly external: string;
  /** The load balancer's source ranges. */
  readonly firewall: string;
  endpoint(endpoint: Endpoint): string;
}

/** Names of at most 28 bytes, by a hash of `NAMESPACE/NAME:PORT` and protocol, as kube-proxy's are. */
export function portChains(port: ServicePort): PortChains {
  const base = `${servicePortName(port)}${port.protocol}`;
  const hash = hashOf(base);
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
    endpoint: ({ name }) => `KUBE-SEP-${hashOf(`${base}${name}`)}`,
  };
}

/** True for a chain of a Service's port, whoever has made it. */
export function isPortChain(chain: string): boolean {
  return /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain);
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first sixteen characters of the base32 form (RFC 4648) of the SHA-256: 80 bits. */
function hashOf(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  let encoded = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < 10; i++) {
    bits = ((bits << 8) | (digest[i] ?? 0)) & 0xfff;
    held += 8;
    for (; held >= 5; held -= 5) encoded += BASE32[(bits >> (held - 5)) & 31];
  }
  return encoded;
}

/** A rule that leads from one of the kernel's chains to one of ours. */
export interface Jump {
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
  /** The words of the rule, as iptables takes them. */
  readonly args: readonly string[];
}

function jump(table: TableName, from: string, to: string, ...match: readonly string[]): Jump {
  return { table, from, to, args: [...match, "-j", to] };
}

function comment(text: string): string[] {
  return ["-m", "comment", "--comment", text];
}

const NEW = ["-m", "conntrack", "--ctstate", "NEW"];
const OUTSIDE = comment("kubernetes externally-visible service portals");
const PORTALS = comment("kubernetes service portals");
const FIREWALL = comment("kubernetes load balancer firewall");

/** In kube-proxy's order: each is put first in its chain, so the last one is the first asked. */
export const JUMPS: readonly Jump[] = [
  jump("filter", "INPUT", CHAIN.externalServices, ...NEW, ...OUTSIDE),
  jump("filter", "FORWARD", CHAIN.externalServices, ...NEW, ...OUTSIDE),
  jump("filter", "INPUT", CHAIN.nodePorts, ...comment("kubernetes health check service ports")),
  jump("filter", "FORWARD", CHAIN.services, ...NEW, ...PORTALS),
  jump("filter", "OUTPUT", CHAIN.services, ...NEW, ...PORTALS),
  jump("filter", "FORWARD", CHAIN.forward, ...comment("kubernetes forwarding rules")),
  jump("filter", "INPUT", CHAIN.proxyFirewall, ...NEW, ...FIREWALL),
  jump("filter", "OUTPUT", CHAIN.proxyFirewall, ...NEW, ...FIREWALL),
  jump("filter", "FORWARD", CHAIN.proxyFirewall, ...NEW, ...FIREWALL),
  jump("nat", "OUTPUT", CHAIN.services, ...PORTALS),
  jump("nat", "PREROUTING", CHAIN.services, ...PORTALS),
  jump("nat", "POSTROUTING", CHAIN.postrouting, ...comment("kubernetes postrouting rules")),
  jump("filter", "INPUT", CHAIN.kubeletFirewall),
  jump("filter", "OUTPUT", CHAIN.kubeletFirewall),
];

/** Chains that a cleanup takes away, by table; those of ports besides. The kubelet's stays. */
export const OWN_CHAINS: Readonly<Record<TableName | "mangle", readonly string[]>> = {
  nat: [CHAIN.services, CHAIN.nodePorts, CHAIN.postrouting, CHAIN.markMasq, CHAIN.canary],
  filter: [
    CHAIN.services,
    CHAIN.externalServices,
    CHAIN.forward,
    CHAIN.nodePorts,
    CHAIN.proxyFirewall,
    CHAIN.canary,
  ],
  mangle: [CHAIN.canary],
};
