import type { Conn } from "../../netlink/mod.ts";
import { hasTable, type TableRef, Transaction } from "../../nft/mod.ts";
import { type Exec, execOrThrow } from "../exec.ts";
import type { FilterAccess } from "./filter-access.ts";

/**
 * What a kube-proxy (ours or the official one) and a kubelet leave in the kernel's firewall:
 * iptables chains whose names begin with KUBE-, with the jumps to them, and the nftables tables
 * `kube-proxy`. Neither program takes them away when it ends.
 */
const NFT_TABLES: readonly TableRef[] = [
  { family: "ip", table: "kube-proxy" },
  { family: "ip6", table: "kube-proxy" },
];
const PROGRAMS = ["iptables", "ip6tables"] as const;

/** The chains and jumps of one iptables table. */
export interface ServiceRules {
  readonly table: string;
  /** Rules of other chains that lead to one of ours, as `-A OUTPUT ...`. */
  readonly jumps: readonly string[];
  readonly chains: readonly string[];
}

/** Finds them in the output of `iptables-save`; tables without any are left out. */
export function parseServiceRules(save: string): readonly ServiceRules[] {
  return save
    .split(/^\*/m)
    .slice(1)
    .map((part) => {
      const [table = "", ...lines] = part.split("\n");
      return {
        table,
        jumps: lines.filter((line) => /^-A (?!KUBE-).* -[jg] KUBE-\S+$/.test(line)),
        chains: lines.flatMap((line) => /^:(KUBE-\S+) /.exec(line)?.[1] ?? []),
      };
    })
    .filter(({ jumps, chains }) => jumps.length + chains.length > 0);
}

/** The input of `iptables-restore --noflush` that takes them away, a transaction a table. */
export function serviceRulesRemoval(rules: readonly ServiceRules[]): string {
  return rules
    .flatMap(({ table, jumps, chains }) => [
      `*${table}`,
      // A chain that is declared again is emptied.
      ...chains.map((chain) => `:${chain} - [0:0]`),
      ...jumps.map((rule) => rule.replace(/^-A /, "-D ")),
      ...chains.map((chain) => `-X ${chain}`),
      "COMMIT",
      "",
    ])
    .join("\n");
}

/** The rules that are there, as text for a report. */
export async function listServiceRules({
  exec,
  openNft,
}: FilterAccess): Promise<readonly string[]> {
  const found: string[] = [];
  for (const program of PROGRAMS) {
    for (const { table, chains } of await iptablesRules(exec, program)) {
      found.push(`${program} table ${table}: ${chains.length} chains KUBE-*`);
    }
  }
  using conn = openNft();
  return [...found, ...nftTables(conn).map(({ family, table }) => `nft table ${family} ${table}`)];
}

export async function removeServiceRules({ exec, openNft }: FilterAccess): Promise<void> {
  const action = "Cannot remove the rules of Services";
  for (const program of PROGRAMS) {
    const rules = await iptablesRules(exec, program);
    if (rules.length === 0) continue;
    const stdin = serviceRulesRemoval(rules);
    await execOrThrow(exec, [`${program}-restore`, "--noflush", "--wait"], action, { stdin });
  }
  using conn = openNft();
  const tables = nftTables(conn);
  if (conn === undefined || tables.length === 0) return;
  const removal = new Transaction();
  for (const table of tables) removal.deleteTable(table);
  removal.commit(conn);
}

async function iptablesRules(exec: Exec, program: string): Promise<readonly ServiceRules[]> {
  return parseServiceRules(await ask(exec, [`${program}-save`]));
}

/** Those that are there. */
function nftTables(conn: Conn | undefined): readonly TableRef[] {
  return conn === undefined ? [] : NFT_TABLES.filter((table) => hasTable(conn, table));
}

/** The output of a program that may be missing or have nothing to say. */
async function ask(exec: Exec, argv: readonly string[]): Promise<string> {
  const result = await exec(argv).catch(() => undefined);
  return result?.exitCode === 0 ? result.stdout : "";
}
