import { formatAddress } from "../../ip/mod.ts";
import type { RoutingSettings } from "../settings.ts";
import { CHAIN, type TableName } from "./chains.ts";
import { comment, type SharedRule } from "./port-rules.ts";

/** Chains of one table, as iptables-restore is to write them. */
export interface TableChange {
  /** Each is emptied, or made, and gets these rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Chains to take away, which no rule may lead to any more. */
  readonly removed: readonly string[];
}

/** The input of iptables-restore --noflush: each table is changed in one transaction. */
export function restoreInput(changes: Readonly<Record<TableName, TableChange>>): string {
  const parts: string[] = [];
  for (const table of ["filter", "nat"] as const) {
    const { chains, removed } = changes[table];
    if (chains.size === 0 && removed.length === 0) continue;
    parts.push(`*${table}\n`);
    for (const chain of chains.keys()) parts.push(`:${chain} - [0:0]\n`);
    for (const chain of removed) parts.push(`:${chain} - [0:0]\n`);
    for (const [chain, rules] of chains) {
      for (const rule of rules) parts.push(`-A ${chain} ${rule}\n`);
    }
    for (const chain of removed) parts.push(`-X ${chain}\n`);
    parts.push("COMMIT\n");
  }
  return parts.join("");
}

/** What is in the chains that all Services share. */
export interface SharedInput {
  readonly settings: RoutingSettings;
  /** In the order in which the rules shall stand. */
  readonly rules: Iterable<SharedRule>;
}

/** The chains that all Services share, with their rules: by table, then by chain. */
export function sharedChains({
  settings,
  rules,
}: SharedInput): Readonly<Record<TableName, Map<string, string[]>>> {
  const mark = markText(settings.masqueradeMark);
  const nat = new Map<string, string[]>([
    [CHAIN.services, []],
    [CHAIN.nodePorts, []],
    [
      CHAIN.postrouting,
      [
        `-m mark ! --mark ${mark}/${mark} -j RETURN`,
        // A packet that comes through the stack again is not masqueraded again.
        `-j MARK --xor-mark ${mark}`,
        `${comment("kubernetes service traffic requiring SNAT")} -j MASQUERADE --random-fully`,
      ],
    ],
    [CHAIN.markMasq, [`-j MARK --or-mark ${mark}`]],
  ]);
  const filter = new Map<string, string[]>([
    [CHAIN.services, []],
    [CHAIN.externalServices, []],
    [CHAIN.forward, forwardRules(settings, mark)],
    [CHAIN.nodePorts, []],
    [CHAIN.proxyFirewall, []],
  ]);
  if (settings.family === 4 && settings.hasLocalhostNodePorts) {
    // route_localnet lets martians in, which this keeps out. The kubelet has the same rule.
    filter.set(CHAIN.kubeletFirewall, [
      `${comment("block incoming localnet connections")} -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
    ]);
  }
  const tables = { nat, filter };
  for (const { table, chain, rule } of rules) tables[table].get(chain)?.push(rule);
  nat.get(CHAIN.services)?.push(...nodePortRules(settings));
  return tables;
}

function forwardRules({ isLiberal }: RoutingSettings, mark: string): string[] {
  return [
    // Otherwise the pod would reset a connection whose answer came too late.
    ...(isLiberal ? [] : ["-m conntrack --ctstate INVALID -j DROP"]),
    `${comment("kubernetes forwarding rules")} -m mark --mark ${mark}/${mark} -j ACCEPT`,
    `${comment("kubernetes forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}

/** To the node ports, behind all Services: for each address of this node that takes them. */
function nodePortRules(settings: RoutingSettings): string[] {
  const { family, nodePortAddresses, hasLocalhostNodePorts } = settings;
  const last = comment(
    "kubernetes service nodeports; NOTE: this must be the last rule in this chain",
  );
  if (nodePortAddresses !== "all") {
    return nodePortAddresses.map(
      (address) => `${last} -d ${formatAddress(address)} -j ${CHAIN.nodePorts}`,
    );
  }
  const loopback = family === 6 ? "::1/128" : "127.0.0.0/8";
  const notLocalhost = family === 4 && hasLocalhostNodePorts ? "" : ` ! -d ${loopback}`;
  return [`${last} -m addrtype --dst-type LOCAL${notLocalhost} -j ${CHAIN.nodePorts}`];
}

/** As kube-proxy writes it: at least eight characters with the `0x`. */
function markText(mark: number): string {
  return `0x${mark.toString(16).padStart(6, "0")}`;
}
