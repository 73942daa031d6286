import type { Conn } from "../../netlink/mod.ts";
import { type ListedRule, listChains, listRules, Transaction } from "../../nft/mod.ts";
import { type Exec, execOrThrow } from "../exec.ts";
import type { FilterAccess } from "./filter-access.ts";

/**
 * Masquerade rules of the reference CNI plugins, recognised by the comment that they put on each:
 * iptables `name: "NETWORK" id: "CONTAINER"` on a POSTROUTING jump and in the chain CNI-... that
 * it leads to; nftables `..., net: NETWORK, if: ..., id: ...` in table inet cni_plugins_masquerade.
 */
const NFT_TABLE = { family: "inet", table: "cni_plugins_masquerade" } as const;

/** What one iptables-save of the nat table shows of some networks. */
export interface MasqueradeRules {
  /** Rules of POSTROUTING, as `-A POSTROUTING ...`. */
  readonly jumps: readonly string[];
  readonly chains: readonly string[];
}

/** Finds the rules of these networks in the output of `iptables-save -t nat`. */
export function parseMasqueradeRules(save: string, networks: readonly string[]): MasqueradeRules {
  const lines = save.split("\n");
  const ours = lines.filter((line) =>
    networks.some((network) => line.includes(`--comment "name: \\"${network}\\" id: `)),
  );
  const jumps = ours.filter((line) => line.startsWith("-A POSTROUTING "));
  const targets = jumps.flatMap((line) => /-j (CNI-[0-9a-f]+)$/.exec(line)?.[1] ?? []);
  const filled = ours.flatMap((line) => /^-A (CNI-[0-9a-f]+) /.exec(line)?.[1] ?? []);
  const declared = new Set(lines.flatMap((line) => /^:(CNI-[0-9a-f]+) /.exec(line)?.[1] ?? []));
  const chains = [...new Set([...targets, ...filled])].filter((chain) => declared.has(chain));
  return { jumps, chains };
}

/** The input of `iptables-restore --noflush` that takes them away in one transaction. */
export function removalOf(rules: MasqueradeRules): string {
  return [
    "*nat",
    // A chain that is declared again is emptied.
    ...rules.chains.map((chain) => `:${chain} - [0:0]`),
    ...rules.jumps.map((rule) => rule.replace(/^-A /, "-D ")),
    ...rules.chains.map((chain) => `-X ${chain}`),
    "COMMIT",
    "",
  ].join("\n");
}

/** Those of some rules of the table that are of these networks. */
export function rulesOfNetworks(
  rules: readonly ListedRule[],
  networks: readonly string[],
): readonly ListedRule[] {
  return rules.filter(({ comment = "" }) =>
    networks.some((network) => comment.includes(`, net: ${network}, `)),
  );
}

const FAMILIES = ["iptables", "ip6tables"] as const;

/** The output of a program that may be missing or have nothing to say. */
async function ask(exec: Exec, argv: readonly string[]): Promise<string> {
  const result = await exec(argv).catch(() => undefined);
  return result?.exitCode === 0 ? result.stdout : "";
}

function nftRules(conn: Conn, networks: readonly string[]): readonly ListedRule[] {
  const rules = listChains(conn, NFT_TABLE).flatMap(({ chain }) =>
    listRules(conn, { ...NFT_TABLE, chain }),
  );
  return rulesOfNetworks(rules, networks);
}

/** The rules that are there, for people. */
export async function listMasqueradeRules(
  { exec, openNft }: FilterAccess,
  networks: readonly string[],
): Promise<readonly string[]> {
  if (networks.length === 0) return [];
  const found: string[] = [];
  for (const program of FAMILIES) {
    const rules = parseMasqueradeRules(await ask(exec, [`${program}-save`, "-t", "nat"]), networks);
    found.push(...rules.jumps.map((rule) => `${program} ${rule}`));
    found.push(...rules.chains.map((chain) => `${program} chain ${chain}`));
  }
  using conn = openNft();
  const nft = conn === undefined ? [] : nftRules(conn, networks);
  return [...found, ...nft.map((rule) => `nft ${rule.table} ${rule.chain}: ${rule.comment}`)];
}

export async function removeMasqueradeRules(
  { exec, openNft }: FilterAccess,
  networks: readonly string[],
): Promise<void> {
  if (networks.length === 0) return;
  for (const program of FAMILIES) {
    const rules = parseMasqueradeRules(await ask(exec, [`${program}-save`, "-t", "nat"]), networks);
    if (rules.jumps.length + rules.chains.length === 0) continue;
    await execOrThrow(
      exec,
      [`${program}-restore`, "--noflush", "--wait"],
      "Cannot remove the masquerade rules of pods",
      { stdin: removalOf(rules) },
    );
  }
  using conn = openNft();
  const rules = conn === undefined ? [] : nftRules(conn, networks);
  if (conn === undefined || rules.length === 0) return;
  const removal = new Transaction();
  for (const rule of rules) removal.deleteRule(rule);
  removal.commit(conn);
}
