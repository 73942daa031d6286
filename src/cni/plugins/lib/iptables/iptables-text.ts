/** A rule as iptables-save prints it. */
export interface SavedRule {
  readonly chain: string;
  /** Its words after `-A CHAIN`, without quotes. */
  readonly args: readonly string[];
}

/** One table as iptables-save prints it. */
export interface SavedTable {
  /** Chains and their policies; "-" for those that rules jump to. */
  readonly chains: ReadonlyMap<string, string>;
  readonly rules: readonly SavedRule[];
}

/** A change of a table: what one line for iptables-restore says. */
export type IptablesChange =
  /** Makes a chain, or empties it. */
  | { readonly kind: "clear-chain"; readonly chain: string }
  /** After it has been emptied. */
  | { readonly kind: "delete-chain"; readonly chain: string }
  | { readonly kind: "append"; readonly chain: string; readonly args: readonly string[] }
  /** As the chain's first rule, or as the one with this number, from 1. */
  | {
      readonly kind: "insert";
      readonly chain: string;
      readonly args: readonly string[];
      readonly at?: number;
    }
  | { readonly kind: "delete"; readonly chain: string; readonly args: readonly string[] };

/** Reads the output of iptables-save of one table. */
export function parseSavedTable(text: string): SavedTable {
  const chains = new Map<string, string>();
  const rules: SavedRule[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(":")) {
      const [chain, policy] = line.slice(1).split(" ");
      if (chain !== undefined) chains.set(chain, policy ?? "-");
    } else if (line.startsWith("-A ")) {
      const [, chain, ...args] = splitWords(line);
      if (chain !== undefined) rules.push({ chain, args });
    }
  }
  return { chains, rules };
}

/** Words apart by spaces, but those between double quotes; \ takes the next character as it is. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, bare] of line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)) {
    words.push(quoted === undefined ? (bare ?? "") : quoted.replace(/\\(.)/g, "$1"));
  }
  return words;
}

/** The chain or target that a rule leads to; undefined where it leads nowhere. */
export function targetOf(rule: SavedRule): string | undefined {
  const at = rule.args.findIndex((word) => word === "-j" || word === "-g");
  return at === -1 ? undefined : rule.args[at + 1];
}

/** The comment of a rule; undefined where it has none. */
export function commentOf(rule: SavedRule): string | undefined {
  const at = rule.args.indexOf("--comment");
  return at === -1 ? undefined : rule.args[at + 1];
}

/** The input for `iptables-restore --noflush`: all changes of a table, made at once or not at all. */
export function printChanges(table: string, changes: readonly IptablesChange[]): string {
  // Chains are declared before rules lead to them, wherever the change stands.
  const cleared = new Set(changes.flatMap((c) => (c.kind === "clear-chain" ? [c.chain] : [])));
  const lines = changes.filter((c) => c.kind !== "clear-chain").map(printChange);
  const declared = [...cleared].map((chain) => `:${chain} - [0:0]`);
  return [`*${table}`, ...declared, ...lines, "COMMIT", ""].join("\n");
}

function printChange(change: Exclude<IptablesChange, { readonly kind: "clear-chain" }>): string {
  const { kind, chain } = change;
  if (kind === "delete-chain") return `-X ${chain}`;
  const words = printWords(change.args);
  if (kind === "insert") return `-I ${chain} ${change.at ?? 1} ${words}`;
  return `${kind === "append" ? "-A" : "-D"} ${chain} ${words}`;
}

function printWords(words: readonly string[]): string {
  return words
    .map((word) => (/[\s"\\]/.test(word) ? `"${word.replace(/["\\]/g, "\\$&")}"` : word))
    .join(" ");
}

/** The changes that take a chain away: rules that lead to it, its own, itself; none if it is not there. */
export function chainRemoval(table: SavedTable, chain: string): readonly IptablesChange[] {
  if (!table.chains.has(chain)) return [];
  const entries = table.rules.filter((rule) => rule.chain !== chain && targetOf(rule) === chain);
  return [
    { kind: "clear-chain", chain },
    ...entries.map((rule) => ({ kind: "delete", ...rule }) as const),
    { kind: "delete-chain", chain },
  ];
}

/** The first 28 characters of CNI-, what is given, and the SHA-512 of the network and container. */
export function chainName(network: string, containerId: string, infix = ""): string {
  return `CNI-${infix}${sha512(network + containerId)}`.slice(0, CHAIN_LENGTH);
}

/** As long as iptables lets a chain's name be. */
const CHAIN_LENGTH = 28;

function sha512(text: string): string {
  return new Bun.CryptoHasher("sha512").update(text).digest("hex");
}

/** A comment with network and container, as iptables takes it: at most 255 characters. */
export function chainComment(network: string, containerId: string, prefix = ""): string {
  return trimComment(`${prefix}name: "${network}" id: "${containerId}"`);
}

/** A comment of at most 255 characters; its end shows that it was longer. */
export function trimComment(comment: string): string {
  return comment.length <= 255 ? comment : `${comment.slice(0, 253)}...`;
}
