import type { Conn } from "../../../../netlink/mod.ts";
import {
  changeNft,
  findChain,
  type ListedRule,
  listChains,
  listRules,
  Transaction,
  verdictOf,
} from "../../../../nft/mod.ts";
import { readText } from "../../../../sys/mod.ts";
import { Iptables } from "./iptables.ts";
import { chainRemoval, commentOf, targetOf } from "./iptables-text.ts";

/** A chain of iptables, and the comments on rules in it or leading to it. */
export interface FoundChain {
  readonly chain: string;
  readonly comments: readonly string[];
}

/** Where chains that iptables commands made are looked for. */
export interface LeftoverPlace {
  /** For nf_tables, in which today's iptables keeps its tables. */
  readonly conn: Conn | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const FAMILIES = [4, 6] as const;

/**
 * Takes chains of a table away, with all rules that lead to them, for both families. Those in
 * nf_tables go over netlink; the legacy kernel tables are looked at only where the kernel says
 * that there are any. No iptables program is run where there is nothing of it.
 */
export function removeChains(place: LeftoverPlace, table: string, chains: readonly string[]): void {
  for (const family of FAMILIES) {
    if (place.conn !== undefined) removeNftChains(place.conn, { family, table }, chains);
    const legacy = openLegacy(place, family, table);
    legacy?.change(table, (present) => chains.flatMap((chain) => chainRemoval(present, chain)));
  }
}

/** The chains of a table whose names begin so, in nf_tables and in the legacy tables. */
export function findChains(place: LeftoverPlace, table: string, prefix: string): FoundChain[] {
  return FAMILIES.flatMap((family) => [
    ...(place.conn === undefined ? [] : findNftChains(place.conn, { family, table }, prefix)),
    ...findLegacyChains(place, { family, table }, prefix),
  ]);
}

interface IptablesTable {
  readonly family: 4 | 6;
  readonly table: string;
}

function nftTable({ family, table }: IptablesTable) {
  return { family: family === 4 ? "ip" : "ip6", table } as const;
}

function removeNftChains(conn: Conn, at: IptablesTable, chains: readonly string[]): void {
  const ref = nftTable(at);
  // Looked up by name: on a DEL there is mostly nothing, and the table may have thousands.
  if (!chains.some((chain) => findChain(conn, { ...ref, chain }) !== undefined)) return;
  changeNft(conn, () => {
    const present = chains.filter((chain) => findChain(conn, { ...ref, chain }) !== undefined);
    const transaction = new Transaction();
    for (const rule of present.length === 0 ? [] : listRules(conn, ref)) {
      if (present.includes(jumpOf(rule) ?? "")) transaction.deleteRule(rule);
    }
    for (const chain of present) transaction.flushChain({ ...ref, chain });
    for (const chain of present) transaction.deleteChain({ ...ref, chain });
    return transaction;
  });
}

function findNftChains(conn: Conn, at: IptablesTable, prefix: string): FoundChain[] {
  const ref = nftTable(at);
  const chains = listChains(conn, ref).filter(({ chain }) => chain.startsWith(prefix));
  if (chains.length === 0) return [];
  const rules = listRules(conn, ref);
  return chains.map(({ chain }) => ({
    chain,
    comments: rules
      .filter((rule) => rule.chain === chain || jumpOf(rule) === chain)
      .flatMap((rule) => nftComment(rule) ?? []),
  }));
}

function jumpOf(rule: ListedRule): string | undefined {
  return verdictOf(rule.expressions)?.chain;
}

/** The comment of a rule that iptables made: a match of its own, or as nft keeps it. */
function nftComment(rule: ListedRule): string | undefined {
  for (const expression of rule.expressions) {
    if (expression.name !== "match" || expression.match !== "comment") continue;
    const info = expression.info ?? new Uint8Array();
    const nul = info.indexOf(0);
    return new TextDecoder().decode(nul === -1 ? info : info.subarray(0, nul));
  }
  return rule.comment;
}

function findLegacyChains(place: LeftoverPlace, at: IptablesTable, prefix: string): FoundChain[] {
  const present = openLegacy(place, at.family, at.table)?.read(at.table);
  if (present === undefined) return [];
  return [...present.chains.keys()]
    .filter((chain) => chain.startsWith(prefix))
    .map((chain) => ({
      chain,
      comments: present.rules
        .filter((rule) => rule.chain === chain || targetOf(rule) === chain)
        .flatMap((rule) => commentOf(rule) ?? []),
    }));
}

/** The legacy iptables, where the kernel has that table for it and the program is there. */
export function openLegacy(
  place: LeftoverPlace,
  family: 4 | 6,
  table: string,
): Iptables | undefined {
  if (!legacyTables(family).includes(table)) return undefined;
  for (const variant of ["legacy", "default"] as const) {
    const iptables = new Iptables(family, { env: place.env, variant });
    if (iptables.isInstalled) return iptables;
  }
  return undefined;
}

/** The tables that legacy iptables has in the present network namespace. */
function legacyTables(family: 4 | 6): readonly string[] {
  try {
    const name = family === 4 ? "ip_tables_names" : "ip6_tables_names";
    return readText(`/proc/thread-self/net/${name}`).split("\n");
  } catch {
    // A kernel without legacy iptables, or a process that may not see it.
    return [];
  }
}
