import { readFileSync } from "node:fs";
import { listChains, listRules, listTables, openNftIfThere } from "../../../nft/mod.ts";
import type { FirewallLine } from "./kernel-state.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The host's packet filter, line by line: as `nft` prints it where that is there, with names and
 * comments only where it is not, and what the older iptables has beside it.
 */
export function readFirewall(env: Environment): readonly FirewallLine[] {
  return [...(fromNftCommand(env) ?? fromKernel()), ...fromLegacyTables(env)];
}

function fromNftCommand(env: Environment): readonly FirewallLine[] | undefined {
  const text = output(env, ["nft", "--stateless", "--handle", "list", "ruleset"]);
  if (text === undefined) return undefined;
  // nft prints holes where a rule has matches of xtables; iptables knows what it made.
  return (["ip", "ip6"] as const).reduce((lines, family) => {
    if (!lines.some(({ text: line }) => XTABLES.exec(line)?.[1] === family)) return lines;
    const saved = output(env, [`${family}tables-nft-save`]);
    return saved === undefined ? lines : withSaved(lines, family, saved);
  }, parseRuleset(text));
}

/** The tables that iptables over nf_tables keeps its chains in. */
const XTABLES = /^table (ip6?) (?:raw|mangle|nat|filter|security)$/;

/** A listing of nft with the tables that iptables-save has as that prints them. */
export function withSaved(
  lines: readonly FirewallLine[],
  family: "ip" | "ip6",
  saved: string,
): readonly FirewallLine[] {
  const names = [...saved.matchAll(/^\*(\w+)$/gm)].map(([, name]) => `table ${family} ${name}`);
  const isSaved = ({ place, text }: FirewallLine): boolean =>
    names.some((table) => (place === "" ? text === table : `${place} `.startsWith(`${table} `)));
  return [
    ...lines.filter((line) => !isSaved(line)),
    ...parseIptablesSave(saved, `${family}tables`),
  ];
}

/** Reads what `nft list ruleset` prints; each line belongs to the table and chain around it. */
export function parseRuleset(text: string): readonly FirewallLine[] {
  const lines: FirewallLine[] = [];
  const open: string[] = [];
  for (const raw of text.split("\n")) {
    // Where nft cannot print a match of xtables, it prints a hole.
    const { line, handle } = splitHandle(raw.trim().replace(/\s+/g, " "));
    if (line === "" || line.startsWith("# Warning")) continue;
    if (line === "}") {
      open.pop();
    } else if (line.endsWith("{") && !line.includes("}")) {
      const name = line.slice(0, -1).trim();
      lines.push({ place: open.join(" "), text: name });
      open.push(name);
    } else {
      lines.push({
        place: open.join(" "),
        text: line,
        ...(handle === undefined ? {} : { handle }),
      });
    }
  }
  return lines;
}

/** A line of `nft --handle`, without the number that only a deletion needs. */
function splitHandle(line: string): { readonly line: string; readonly handle?: number } {
  const match = /^(.*?) ?# handle (\d+)$/.exec(line);
  return match === null ? { line } : { line: match[1] ?? "", handle: Number(match[2]) };
}

function fromKernel(): readonly FirewallLine[] {
  using conn = openNftIfThere();
  if (conn === undefined) return [];
  return listTables(conn).flatMap(({ family, table }) => {
    const place = `table ${family} ${table}`;
    const chains = listChains(conn, { family, table }).flatMap(({ chain }) => [
      { place, text: `chain ${chain}` },
      ...listRules(conn, { family, table, chain }).map(({ comment, handle }) => ({
        place: `${place} chain ${chain}`,
        text: comment === undefined ? `rule ${handle}` : `rule "${comment}"`,
      })),
    ]);
    return [{ place: "", text: place }, ...chains];
  });
}

/** The tables of xtables itself; those of its successor are nftables' and listed there. */
function fromLegacyTables(env: Environment): readonly FirewallLine[] {
  return (["ip", "ip6"] as const).flatMap((family) => {
    if (!hasLegacyTables(family)) return [];
    const command = [`${family}tables-legacy-save`, `${family}tables-save`];
    const text = output(env, [command[0] ?? ""]) ?? output(env, [command[1] ?? ""]) ?? "";
    return parseIptablesSave(text, `${family}tables`);
  });
}

/** Reads what `iptables-save` prints, without the counters of chains. */
export function parseIptablesSave(text: string, program: string): readonly FirewallLine[] {
  let table = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (line.startsWith(":")) {
      return { place: `${program} ${table}`, text: line.replace(/ \[\d+:\d+\]$/, "") };
    }
    return line.startsWith("-") ? { place: `${program} ${table}`, text: line } : [];
  });
}

function hasLegacyTables(family: "ip" | "ip6"): boolean {
  try {
    return readFileSync(`/proc/net/${family}_tables_names`, "utf8").trim() !== "";
  } catch {
    return false;
  }
}

/** What a program prints; undefined where it is not there or fails. */
function output(env: Environment, [program = "", ...args]: readonly string[]): string | undefined {
  const path = Bun.which(program, { PATH: `${env["PATH"] ?? ""}:/usr/sbin:/sbin` });
  if (path === null) return undefined;
  const { exitCode, stdout } = Bun.spawnSync([path, ...args], {
    stdin: "ignore",
    stderr: "ignore",
  });
  return exitCode === 0 ? stdout.toString() : undefined;
}
