import type { ListedChain } from "../../nft/mod.ts";
import type { FirewallFacts } from "./node-facts.ts";

/** Parses `iptables --version`: `iptables v1.8.9 (nf_tables)`. */
export function parseIptablesVersion(text: string): FirewallFacts["iptables"] {
  const match = /^iptables v(\S+)(?: \((\S+)\))?/.exec(text);
  if (match?.[1] === undefined) return null;
  const word = match[2];
  const backend = word === "nf_tables" || word === "legacy" ? word : "unknown";
  return { version: match[1], backend };
}

/** Prefixes of chain names by which other software is known. */
const PREFIXES = ["KUBE-", "CNI-", "DOCKER", "cali-", "FLANNEL", "CILIUM_"] as const;

/** Parses iptables-save: the FORWARD chain's policy and the numbers of chains by prefix. */
export function parseIptablesSave(text: string): {
  readonly forwardPolicy: string | null;
  readonly chains: Readonly<Record<string, number>>;
} {
  let table = "";
  let forwardPolicy: string | null = null;
  const chains: Record<string, number> = {};
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const [name, policy] = line.startsWith(":") ? line.slice(1).split(" ") : [];
    if (name === undefined) continue;
    if (table === "filter" && name === "FORWARD") forwardPolicy = policy ?? null;
    const prefix = PREFIXES.find((p) => name.startsWith(p));
    if (prefix !== undefined) chains[prefix] = (chains[prefix] ?? 0) + 1;
  }
  return { forwardPolicy, chains };
}

/** Base chains on the forward hook with policy drop, as `family table chain`. */
export function nftForwardDrops(chains: readonly ListedChain[]): readonly string[] {
  return chains
    .filter(({ base }) => base?.hook === "forward" && base.policy === "drop")
    .map(({ family, table, chain }) => `${family} ${table} ${chain}`);
}

/**
 * Parses iptables-save of the filter table: what rules in FORWARD itself accept with nothing but
 * one source, destination or link as their condition.
 */
export function parseForwardAccepts(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const rule =
      /^-A FORWARD(?: -[sdio] (\S+))?(?: -m comment --comment (?:"[^"]*"|\S+))? -j ACCEPT$/;
    const match = rule.exec(line);
    return match === null ? [] : [match[1] ?? "0.0.0.0/0"];
  });
}
