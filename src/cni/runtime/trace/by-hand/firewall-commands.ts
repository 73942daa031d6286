import { splitWords } from "../../../plugins/lib/iptables/iptables-text.ts";
import type { FirewallLine } from "../kernel-state.ts";

type Command = readonly string[];

/**
 * The `nft` and `iptables` commands that turn one listing of the packet filter into another: rules
 * that have gone, chains, sets and tables that have gone, then what is new, chains before the rules
 * that lead to them. A set whose elements alone have changed has no command.
 */
export function firewallCommands(
  before: readonly FirewallLine[],
  after: readonly FirewallLine[],
): readonly Command[] {
  const gone = missingIn(before, after);
  const fresh = missingIn(after, before);
  return [
    ...gone.filter(isRule).flatMap((line) => deleteRule(line, gone)),
    ...gone.filter((line) => !isRule(line)).flatMap((line) => deleteHolder(line, gone)),
    ...fresh.filter((line) => !isRule(line)).flatMap((line) => addHolder(line, after)),
    ...ruleAdditions(fresh, after),
  ];
}

/** Lines that are there twice are two lines. */
function missingIn(lines: readonly FirewallLine[], other: readonly FirewallLine[]): FirewallLine[] {
  const left = new Map<string, number>();
  for (const line of other) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(keyOf(line)) ?? 0;
    left.set(keyOf(line), count - 1);
    return count <= 0;
  });
}

function keyOf({ place, text }: FirewallLine): string {
  return `${place}\n${text}`;
}

const NFT_CHAIN = /^table (\S+ \S+) chain (\S+)$/;
const IPTABLES = /^(ip6?tables) (\S+)$/;

function isRule({ place, text }: FirewallLine): boolean {
  if (IPTABLES.test(place)) return text.startsWith("-A ");
  return NFT_CHAIN.test(place) && !ATTRIBUTE.test(text);
}

/** A line of a table or chain that is no rule: where it hooks in, what it is for. */
const ATTRIBUTE = /^(?:type \S+ hook |policy |comment |flags )/;

/** The rules of a chain in the order in which they come to stand there. */
function ruleAdditions(
  fresh: readonly FirewallLine[],
  after: readonly FirewallLine[],
): readonly Command[] {
  const rules = fresh.filter(isRule);
  const isInserted = (line: FirewallLine): boolean =>
    after
      .slice(after.indexOf(line) + 1)
      .some((one) => isRule(one) && chainOf(one) === chainOf(line) && !rules.includes(one));
  return [
    ...rules.filter((line) => !isInserted(line)).flatMap((line) => addRule(line, false)),
    // The last one first: each goes before those that are there.
    ...rules
      .filter(isInserted)
      .reverse()
      .flatMap((line) => addRule(line, true)),
  ];
}

function chainOf({ place, text }: FirewallLine): string {
  return IPTABLES.test(place) ? `${place} ${text.split(" ")[1]}` : place;
}

function addRule({ place, text }: FirewallLine, isFirst: boolean): readonly Command[] {
  const saved = IPTABLES.exec(place);
  if (saved !== null) {
    const [, program = "", table = ""] = saved;
    const [, chain = "", ...rule] = splitWords(text);
    return [[program, "-t", table, isFirst ? "-I" : "-A", chain, ...rule]];
  }
  const [, table = "", chain = ""] = NFT_CHAIN.exec(place) ?? [];
  return [["nft", isFirst ? "insert" : "add", "rule", ...table.split(" "), chain, text]];
}

function deleteRule(line: FirewallLine, gone: readonly FirewallLine[]): readonly Command[] {
  const { place, text, handle } = line;
  const saved = IPTABLES.exec(place);
  if (saved !== null) {
    const [, program = "", table = ""] = saved;
    const [, chain = "", ...rule] = splitWords(text);
    return [[program, "-t", table, "-D", chain, ...rule]];
  }
  const [, table = "", chain = ""] = NFT_CHAIN.exec(place) ?? [];
  if (handle === undefined || isGone(`table ${table}`, gone)) return [];
  return [["nft", "delete", "rule", ...table.split(" "), chain, "handle", String(handle)]];
}

function isGone(table: string, gone: readonly FirewallLine[]): boolean {
  return gone.some(({ place, text }) => place === "" && text === table);
}

/** A table, chain, set or map of nft, or a chain of iptables, with what makes it one. */
function addHolder(line: FirewallLine, after: readonly FirewallLine[]): readonly Command[] {
  const saved = savedChain(line);
  if (saved !== undefined) return [[saved.program, "-t", saved.table, "-N", saved.chain]];
  const held = heldBy(line);
  if (held === undefined) return [];
  const { words, kind } = held;
  const place = line.place === "" ? line.text : `${line.place} ${line.text}`;
  const inside = after.filter((one) => one.place === place).map(({ text }) => text);
  const isWhole = kind === "set" || kind === "map";
  const lines = isWhole ? inside : inside.filter((text) => ATTRIBUTE.test(text));
  return [["nft", "add", ...words, ...(lines.length === 0 ? [] : [`{ ${joinBody(lines)} }`])]];
}

function deleteHolder(line: FirewallLine, gone: readonly FirewallLine[]): readonly Command[] {
  const saved = savedChain(line);
  if (saved !== undefined) return [[saved.program, "-t", saved.table, "-X", saved.chain]];
  const held = heldBy(line);
  if (held === undefined || (held.kind !== "table" && isGone(line.place, gone))) return [];
  return [["nft", "delete", ...held.words]];
}

/** `:CNI-0123 -`; the kernel's own chains have a policy in place of the dash. */
function savedChain({ place, text }: FirewallLine) {
  const [, program, table] = IPTABLES.exec(place) ?? [];
  const chain = /^:(\S+) -$/.exec(text)?.[1];
  if (program === undefined || table === undefined || chain === undefined) return undefined;
  return { program, table, chain };
}

/** What a line begins, and the words that nft names it by: `chain inet cni checks`. */
function heldBy({ place, text }: FirewallLine) {
  if (place === "")
    return /^table \S+ \S+$/.test(text) ? { kind: "table", words: text.split(" ") } : undefined;
  const table = /^table (\S+ \S+)$/.exec(place)?.[1];
  const [, kind, name] = /^(chain|set|map) (\S+)$/.exec(text) ?? [];
  if (table === undefined || kind === undefined || name === undefined) return undefined;
  return { kind, words: [kind, ...table.split(" "), name] };
}

/** Lines as one: a semicolon after each, but where a list goes on in the next line. */
function joinBody(lines: readonly string[]): string {
  return lines.map((line) => (/[,;]$/.test(line) ? line : `${line};`)).join(" ");
}
