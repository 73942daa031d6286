import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import {
  addressSelectors,
  changeNft,
  findChain,
  type ListedRule,
  listRules,
  matchedValue,
  Transaction,
  VERDICT,
  verdictOf,
} from "../../../../nft/mod.ts";
import {
  Iptables,
  type IptablesChange,
  type LeftoverPlace,
  openLegacy,
  type SavedRule,
  type SavedTable,
  targetOf,
} from "../../lib/iptables/mod.ts";
import type { BridgePolicy } from "./nft-firewall.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The chains of the reference plugin. */
const FORWARD = "CNI-FORWARD";
const STAGE_1 = "CNI-ISOLATION-STAGE-1";
const STAGE_2 = "CNI-ISOLATION-STAGE-2";

/** What is let through. */
export interface IptablesFirewall {
  readonly addresses: readonly IpAddress[];
  readonly adminChain: string;
  readonly policy?: BridgePolicy;
}

/** Lets addresses through the chain FORWARD, as the reference does; one call for each family. */
export function setUpIptablesFirewall(env: Env, what: IptablesFirewall): void {
  for (const family of familiesOf(what.addresses)) {
    new Iptables(family, { env }).change("filter", (present) => [
      ...frameChanges(present, what.adminChain),
      ...what.addresses
        .filter((address) => address.family === family)
        .flatMap(addressRules)
        .filter((args) => !hasRule(present, FORWARD, args))
        .map((args) => ({ kind: "append", chain: FORWARD, args }) as const),
      ...(what.policy === undefined ? [] : policyChanges(present, what.policy)),
    ]);
  }
}

function familiesOf(addresses: readonly IpAddress[]): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((family) => addresses.some((one) => one.family === family));
}

function addressRules(address: IpAddress): readonly (readonly string[])[] {
  const single = sourceText(address);
  return [
    ["-d", single, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"],
    ["-s", single, "-j", "ACCEPT"],
  ];
}

/** An address as iptables and firewalld have it: `10.0.0.2/32`. */
export function sourceText(address: IpAddress): string {
  return `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
}

function frameChanges(present: SavedTable, adminChain: string): readonly IptablesChange[] {
  const changes: IptablesChange[] = [];
  needChains(present, changes, [FORWARD, adminChain]);
  const first = (chain: string, target: string, comment: string): void => {
    if (leads(present, chain, target)) return;
    const args = ["-m", "comment", "--comment", comment, "-j", target];
    changes.push({ kind: "insert", chain, args });
  };
  first("FORWARD", FORWARD, "CNI firewall plugin rules");
  first(FORWARD, adminChain, "CNI firewall plugin admin overrides");
  return changes;
}

function policyChanges(
  present: SavedTable,
  { bridge, isIsolated }: BridgePolicy,
): readonly IptablesChange[] {
  const changes: IptablesChange[] = [];
  const both = "same-bridge|isolated";
  const add = (
    kind: "insert" | "append",
    chain: string,
    rule: { readonly match: readonly string[]; readonly policy: string; readonly target: string },
  ): void => {
    const { match, policy, target } = rule;
    const isThere = present.rules.some(
      (one) =>
        one.chain === chain &&
        targetOf(one) === target &&
        beforeComment(one).join(" ") === match.join(" "),
    );
    if (isThere) return;
    const comment = `CNI firewall plugin rules (ingressPolicy: ${policy})`;
    const args = [...match, "-m", "comment", "--comment", comment, "-j", target];
    changes.push({ kind, chain, args });
  };
  needChains(present, changes, [STAGE_1, STAGE_2]);
  // Before CNI-FORWARD, which accepts.
  add("insert", "FORWARD", { match: [], policy: both, target: STAGE_1 });
  const away = ["-i", bridge, "!", "-o", bridge];
  add("insert", STAGE_1, {
    match: away,
    policy: isIsolated ? "isolated" : "same-bridge",
    target: STAGE_2,
  });
  const within = ["-i", bridge, "-o", bridge];
  if (isIsolated) {
    add("insert", STAGE_1, { match: within, policy: "isolated", target: "DROP" });
  }
  add("append", STAGE_1, { match: [], policy: both, target: "RETURN" });
  add("insert", STAGE_2, { match: ["-o", bridge], policy: both, target: "DROP" });
  add("append", STAGE_2, { match: [], policy: both, target: "RETURN" });
  return changes;
}

function beforeComment(rule: SavedRule): readonly string[] {
  const at = rule.args.findIndex((word) => word === "-m" || word === "-j");
  return rule.args.slice(0, at === -1 ? undefined : at);
}

function needChains(
  present: SavedTable,
  changes: IptablesChange[],
  chains: readonly string[],
): void {
  for (const chain of chains) {
    if (!present.chains.has(chain)) changes.push({ kind: "clear-chain", chain });
  }
}

function leads(present: SavedTable, chain: string, target: string): boolean {
  return present.rules.some((rule) => rule.chain === chain && targetOf(rule) === target);
}

function hasRule(present: SavedTable, chain: string, args: readonly string[]): boolean {
  return present.rules.some(
    (rule) => rule.chain === chain && rule.args.join(" ") === args.join(" "),
  );
}

/**
 * Takes the rules for addresses out again: over netlink where iptables keeps them in nf_tables,
 * with the legacy program where the kernel has legacy tables.
 */
export function tearDownIptablesFirewall(
  place: LeftoverPlace,
  addresses: readonly IpAddress[],
): void {
  for (const family of familiesOf(addresses)) {
    const own = addresses.filter((address) => address.family === family);
    if (place.conn !== undefined) removeNftRules(place.conn, family, own);
    openLegacy(place, family, "filter")?.change("filter", (present) =>
      own
        .flatMap(addressRules)
        .filter((args) => hasRule(present, FORWARD, args))
        .map((args) => ({ kind: "delete", chain: FORWARD, args }) as const),
    );
  }
}

function removeNftRules(conn: Conn, family: 4 | 6, addresses: readonly IpAddress[]): void {
  const chain = { family: family === 4 ? "ip" : "ip6", table: "filter", chain: FORWARD } as const;
  if (findChain(conn, chain) === undefined) return;
  const { saddr, daddr } = addressSelectors(family);
  const isOf = (rule: ListedRule): boolean => {
    if (verdictOf(rule.expressions)?.code !== VERDICT.accept) return false;
    const value = matchedValue(rule.expressions, saddr) ?? matchedValue(rule.expressions, daddr);
    return typeof value === "object" && addresses.some((address) => address.value === value.value);
  };
  changeNft(conn, () => {
    const transaction = new Transaction();
    for (const rule of listRules(conn, chain).filter(isOf)) transaction.deleteRule(rule);
    return transaction;
  });
}

/** What is missing of the rules, in words. */
export function missingIptablesFirewall(env: Env, what: IptablesFirewall): readonly string[] {
  return familiesOf(what.addresses).flatMap((family) => {
    const present = new Iptables(family, { env }).read("filter");
    const own = what.addresses.filter((address) => address.family === family);
    const bridge = what.policy?.bridge;
    const isSeparate =
      bridge === undefined ||
      (leads(present, "FORWARD", STAGE_1) &&
        present.rules.some((rule) => rule.chain === STAGE_2 && rule.args.includes(bridge)));
    return [
      ...(leads(present, "FORWARD", FORWARD) ? [] : [`the way from FORWARD to ${FORWARD}`]),
      ...(leads(present, FORWARD, what.adminChain)
        ? []
        : [`the way from ${FORWARD} to ${what.adminChain}`]),
      ...own
        .filter(
          (address) => !addressRules(address).every((args) => hasRule(present, FORWARD, args)),
        )
        .map((address) => `the rules for ${formatAddress(address)}`),
      ...(isSeparate ? [] : [`the ingress policy of "${bridge}"`]),
    ];
  });
}
