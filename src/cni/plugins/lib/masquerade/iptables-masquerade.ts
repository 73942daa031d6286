import { formatAddress, formatCidr, type InterfaceAddress, networkOf } from "../../../../ip/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import {
  chainComment,
  chainName,
  findChains,
  Iptables,
  type IptablesChange,
  type LeftoverPlace,
  removeChains,
  type SavedTable,
  targetOf,
} from "../iptables/mod.ts";
import type { Owner } from "../owner.ts";

/** "nat" is the reference's; in "mangle" is what drops invalid packets. */
const TABLES = ["nat", "mangle"] as const;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * As the reference does it with iptables: a chain for the container in which its own subnet is
 * accepted and the rest but multicast masqueraded, and a rule of POSTROUTING for each address that
 * leads there. The chain's name knows the network and the container, not the interface.
 */
export function setUpIptablesMasquerade(
  env: Env,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): void {
  for (const { family, own } of byFamily(addresses)) {
    const iptables = new Iptables(family, { env });
    iptables.change("nat", (present) => setUpChanges(present, owner, own));
    iptables.change("mangle", (present) => invalidChanges(present, owner, own));
  }
}

/** Removes a container's chains, whichever iptables made them. */
export function tearDownIptablesMasquerade(place: LeftoverPlace, owner: Owner): void {
  for (const table of TABLES) {
    removeChains(place, table, [chainName(owner.network, owner.containerId)]);
  }
}

/** Removes the chains of a network's containers but of those that are valid. */
export function collectIptablesMasquerade(
  place: LeftoverPlace,
  network: string,
  valid: readonly Attachment[],
): void {
  const kept = new Set(valid.map(({ containerId }) => chainName(network, containerId)));
  for (const table of TABLES) {
    const stale = findChains(place, table, "CNI-").filter(
      ({ chain, comments }) =>
        !kept.has(chain) &&
        // Only a chain with a comment of this network is this network's.
        comments.some((comment) => comment.startsWith(`name: "${network}" id: "`)),
    );
    const names = new Set(stale.map(({ chain }) => chain));
    if (names.size > 0) removeChains(place, table, [...names]);
  }
}

/** The addresses of an attachment that are not masqueraded by iptables. */
export function missingIptablesMasquerade(
  env: Env,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): readonly InterfaceAddress[] {
  const chain = chainName(owner.network, owner.containerId);
  return byFamily(addresses).flatMap(({ family, own }) => {
    const present = new Iptables(family, { env }).read("nat");
    const rules = present.rules.filter((rule) => rule.chain === chain);
    if (!rules.some((rule) => targetOf(rule) === "MASQUERADE")) return own;
    const entries = entriesOf(present, chain);
    return own.filter((address) => {
      const source = sourceOf(address);
      return !entries.some((entry) => entry.args.includes(source));
    });
  });
}

function setUpChanges(
  present: SavedTable,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): readonly IptablesChange[] {
  const chain = chainName(owner.network, owner.containerId);
  const comment = [
    "-m",
    "comment",
    "--comment",
    chainComment(owner.network, owner.containerId),
  ] as const;
  const inChain = (...args: string[]): IptablesChange => ({ kind: "append", chain, args });
  const multicast = addresses[0]?.address.family === 6 ? "ff00::/8" : "224.0.0.0/4";
  return [
    { kind: "clear-chain", chain },
    // Another interface of this container in this network shares the chain.
    ...present.rules
      .filter((rule) => rule.chain === chain && targetOf(rule) === "ACCEPT")
      .filter((rule) => !addresses.some((one) => rule.args.includes(formatCidr(networkOf(one)))))
      .map((rule) => ({ kind: "append", ...rule }) as const),
    ...addresses.map((one) =>
      inChain("-d", formatCidr(networkOf(one)), ...comment, "-j", "ACCEPT"),
    ),
    inChain("!", "-d", multicast, ...comment, "-j", "MASQUERADE"),
    ...addresses
      .map(sourceOf)
      .filter((source) => !entriesOf(present, chain).some((e) => e.args.includes(source)))
      .map((source): IptablesChange => {
        const args = ["-s", source, ...comment, "-j", chain];
        return { kind: "append", chain: "POSTROUTING", args };
      }),
  ];
}

/**
 * What connection tracking calls invalid passes NAT by and would leave with the pod's address: it is
 * dropped, but within the pod's subnet. In "mangle", because rules in "filter" have a say on what
 * forwards, and other plugins go by whether there are any.
 */
function invalidChanges(
  present: SavedTable,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): readonly IptablesChange[] {
  const chain = chainName(owner.network, owner.containerId);
  const comment = ["-m", "comment", "--comment", chainComment(owner.network, owner.containerId)];
  const entries = present.rules.filter(
    (rule) => rule.chain === "FORWARD" && targetOf(rule) === chain,
  );
  const kept = present.rules.filter(
    (rule) =>
      rule.chain === chain &&
      targetOf(rule) === "RETURN" &&
      !addresses.some((one) => rule.args.includes(formatCidr(networkOf(one)))),
  );
  return [
    { kind: "clear-chain", chain },
    ...kept.map((rule) => ({ kind: "append", ...rule }) as const),
    ...addresses.map((one): IptablesChange => {
      const args = ["-d", formatCidr(networkOf(one)), ...comment, "-j", "RETURN"];
      return { kind: "append", chain, args };
    }),
    { kind: "append", chain, args: [...comment, "-j", "DROP"] },
    ...addresses
      .map(sourceOf)
      .filter((source) => !entries.some((entry) => entry.args.includes(source)))
      .map((source): IptablesChange => {
        const state = ["-m", "conntrack", "--ctstate", "INVALID"];
        const args = ["-s", source, ...state, ...comment, "-j", chain];
        return { kind: "append", chain: "FORWARD", args };
      }),
  ];
}

function entriesOf(present: SavedTable, chain: string) {
  return present.rules.filter((rule) => rule.chain === "POSTROUTING" && targetOf(rule) === chain);
}

/** As iptables-save prints a single address. */
function sourceOf({ address }: InterfaceAddress): string {
  return `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
}

function byFamily(addresses: readonly InterfaceAddress[]) {
  return ([4, 6] as const)
    .map((family) => ({ family, own: addresses.filter((one) => one.address.family === family) }))
    .filter(({ own }) => own.length > 0);
}
