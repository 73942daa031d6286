import {
  formatAddress,
  formatCidr,
  type InterfaceAddress,
  type IpAddress,
  networkOf,
} from "../../../../ip/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import {
  chainComment,
  chainName,
  findChains,
  Iptables,
  type IptablesChange,
  type LeftoverPlace,
  removeChains,
  type SavedRule,
  type SavedTable,
  targetOf,
  trimComment,
} from "../../lib/iptables/mod.ts";
import type { Owner } from "../../lib/owner.ts";
import type { PortConflict } from "./port-conflict.ts";
import {
  mappingsOf,
  mappingText,
  type PortMapping,
  type PortmapConf,
  type Protocol,
} from "./portmap-conf.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The chains that all containers share. Their names are the reference's and never change. */
const TOP = "CNI-HOSTPORT-DNAT";
const SET_MARK = "CNI-HOSTPORT-SETMARK";
const MASQUERADE = "CNI-HOSTPORT-MASQ";
/** More ports than these do not fit into one rule. */
const MULTIPORT = 15;

/** What is to be set up for one address of a pod. */
export interface IptablesPortmap {
  readonly owner: Owner;
  readonly conf: PortmapConf;
  readonly address: InterfaceAddress;
}

function ownChain({ network, containerId }: Owner): string {
  return chainName(network, containerId, "DN-");
}

/** Leads ports of the host to a pod's address, in one call of iptables-restore. */
export function setUpIptablesPortmap(env: Env, portmap: IptablesPortmap): void {
  const { family } = portmap.address.address;
  new Iptables(family, { env }).change("nat", (present) => [
    ...sharedChanges(present, portmap.conf),
    ...ownChanges(present, portmap),
  ]);
}

/** What all containers share, as far as it is missing. */
function sharedChanges(present: SavedTable, conf: PortmapConf): readonly IptablesChange[] {
  const changes: IptablesChange[] = [];
  const hasRule = (chain: string, ...words: string[]): boolean =>
    present.rules.some(
      (rule) => rule.chain === chain && words.every((word) => rule.args.includes(word)),
    );
  const needChain = (chain: string): void => {
    // To declare one that is there would empty it.
    if (!present.chains.has(chain)) changes.push({ kind: "clear-chain", chain });
  };
  if (conf.snat && conf.externalSetMarkChain === undefined) {
    const mark = `0x${(2 ** conf.markMasqBit).toString(16)}/0x${(2 ** conf.markMasqBit).toString(16)}`;
    needChain(SET_MARK);
    if (!hasRule(SET_MARK, mark)) {
      const comment = ["-m", "comment", "--comment", "CNI portfwd masquerade mark"];
      const args = [...comment, "-j", "MARK", "--set-xmark", mark];
      changes.push({ kind: "append", chain: SET_MARK, args });
    }
    needChain(MASQUERADE);
    if (!hasRule(MASQUERADE, mark)) {
      const args = ["-m", "mark", "--mark", mark, "-j", "MASQUERADE"];
      changes.push({ kind: "append", chain: MASQUERADE, args });
    }
    if (!hasRule("POSTROUTING", MASQUERADE)) {
      const comment = ["-m", "comment", "--comment", "CNI portfwd requiring masquerade"];
      // Before the rules of ipMasq, which would accept what stays in the pod's subnet.
      changes.push({ kind: "insert", chain: "POSTROUTING", args: [...comment, "-j", MASQUERADE] });
    }
  }
  needChain(TOP);
  for (const chain of ["PREROUTING", "OUTPUT"]) {
    if (hasRule(chain, TOP)) continue;
    const args = ["-m", "addrtype", "--dst-type", "LOCAL", "-j", TOP];
    changes.push({ kind: "append", chain, args });
  }
  return changes;
}

/**
 * The container's own chain, made anew, and the rules that lead there: those for one address of the
 * host as the first ones, those for all addresses behind every rule that is for one, whosever it is.
 */
function ownChanges(present: SavedTable, portmap: IptablesPortmap): readonly IptablesChange[] {
  const chain = ownChain(portmap.owner);
  const top = present.rules.filter((rule) => rule.chain === TOP);
  const stale = top.filter((rule) => targetOf(rule) === chain);
  const others = top.filter((rule) => targetOf(rule) !== chain);
  const { one, all } = entryRules(portmap);
  const at = others.findLastIndex((rule) => isForOne(rule, present)) + 2;
  const insert = (entries: readonly (readonly string[])[], place: number) =>
    entries.toReversed().map((args) => ({ kind: "insert", chain: TOP, args, at: place }) as const);
  return [
    { kind: "clear-chain", chain },
    ...stale.map((rule) => ({ kind: "delete", ...rule }) as const),
    ...portRules(portmap).map((args) => ({ kind: "append", chain, args }) as const),
    ...insert(all, at),
    ...insert(one, 1),
  ];
}

/** True for an entry that is for one address; the reference has that in the container's chain alone. */
function isForOne(entry: SavedRule, { rules }: SavedTable): boolean {
  if (entry.args.includes("-d")) return true;
  const chain = targetOf(entry);
  const own = rules.filter((rule) => rule.chain === chain && targetOf(rule) === "DNAT");
  const ports = valueAfter(entry, "--dports")?.split(",") ?? [];
  return own.some(
    (rule) => rule.args.includes("-d") && ports.includes(valueAfter(rule, "--dport") ?? ""),
  );
}

type Entries = readonly (readonly string[])[];

function entryRules(portmap: IptablesPortmap): { readonly one: Entries; readonly all: Entries } {
  const mappings = mappingsOf(portmap.conf.mappings, portmap.address.address.family);
  const hosts = new Map<string, PortMapping[]>();
  for (const mapping of mappings) {
    if (mapping.hostIp === undefined) continue;
    const host = single(mapping.hostIp);
    hosts.set(host, [...(hosts.get(host) ?? []), mapping]);
  }
  return {
    one: [...hosts].flatMap(([host, own]) => entriesFor(portmap, own, ["-d", host])),
    all: entriesFor(
      portmap,
      mappings.filter(({ hostIp }) => hostIp === undefined),
      [],
    ),
  };
}

function entriesFor(
  { owner, conf, address }: IptablesPortmap,
  mappings: readonly PortMapping[],
  destination: readonly string[],
): Entries {
  const comment = trimComment(chainComment(owner.network, owner.containerId, "dnat "));
  const protocols = [...new Set(mappings.map((mapping) => mapping.protocol))].sort();
  return protocols.flatMap((protocol) => {
    const all = mappings.filter((one) => one.protocol === protocol).map((one) => one.hostPort);
    const lists = Array.from({ length: Math.ceil(all.length / MULTIPORT) }, (_, i) =>
      all.slice(i * MULTIPORT, (i + 1) * MULTIPORT).join(","),
    );
    return lists.map((list) => [
      ...[...destination, "-p", protocol, "-m", "comment", "--comment", comment],
      ...["-m", "multiport", "--dports", list],
      ...conf.conditions[address.address.family],
      ...["-j", ownChain(owner)],
    ]);
  });
}

/** Three rules a mapping: marks for what must be masqueraded, then the way to the pod. */
function portRules({ conf, address }: IptablesPortmap): readonly (readonly string[])[] {
  const { family } = address.address;
  const setMark = conf.externalSetMarkChain ?? SET_MARK;
  const host = formatAddress(address.address);
  // Those for one address first.
  const mappings = mappingsOf(conf.mappings, family).toSorted(
    (a, b) => Number(a.hostIp === undefined) - Number(b.hostIp === undefined),
  );
  return mappings.flatMap((mapping) => {
    const { protocol, hostPort, containerPort, hostIp } = mapping;
    const destination = hostIp === undefined ? [] : ["-d", single(hostIp)];
    const match = [...destination, "-p", protocol, "-m", protocol, "--dport", String(hostPort)];
    const mark = (source: readonly string[]) => [...source, ...match, "-j", setMark];
    const to = family === 4 ? `${host}:${containerPort}` : `[${host}]:${containerPort}`;
    return [
      ...(conf.snat && conf.masqAll ? [mark([])] : []),
      ...(conf.snat && !conf.masqAll ? [mark(["-s", formatCidr(networkOf(address))])] : []),
      ...(conf.snat && !conf.masqAll && family === 4 ? [mark(["-s", "127.0.0.1/32"])] : []),
      [...match, "-j", "DNAT", "--to-destination", to],
    ];
  });
}

function single(address: IpAddress): string {
  return `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
}

/** Removes a container's chains, whichever iptables made them. */
export function tearDownIptablesPortmap(place: LeftoverPlace, owner: Owner): void {
  // Old versions of the reference plugin had a second chain.
  const old = chainName(owner.network, owner.containerId, "SN-");
  removeChains(place, "nat", [ownChain(owner), old]);
}

/** Removes the chains of a network's containers but of those that are valid. */
export function collectIptablesPortmap(
  place: LeftoverPlace,
  network: string,
  valid: readonly Attachment[],
): void {
  const kept = new Set(valid.map((attachment) => ownChain({ network, ...attachment })));
  const stale = findChains(place, "nat", "CNI-DN-").filter(
    ({ chain, comments }) =>
      !kept.has(chain) &&
      comments.some((comment) => comment.startsWith(`dnat name: "${network}" id: "`)),
  );
  const names = [...new Set(stale.map(({ chain }) => chain))];
  if (names.length > 0) removeChains(place, "nat", names);
}

/** Ports of the configuration that another container has, at the same address or at all. */
export function findIptablesConflicts(env: Env, portmap: IptablesPortmap): PortConflict[] {
  const { owner, conf, address } = portmap;
  const { family } = address.address;
  const present = new Iptables(family, { env }).read("nat");
  const others = present.rules.filter(
    (rule) =>
      rule.chain.startsWith("CNI-DN-") &&
      rule.chain !== ownChain(owner) &&
      targetOf(rule) === "DNAT",
  );
  return mappingsOf(conf.mappings, family).flatMap((mapping) => {
    const other = others.find((rule) => isSamePort(rule, mapping));
    if (other === undefined) return [];
    const containerId = containerOf(present, other.chain);
    return [{ containerId, port: mappingText(mapping) }];
  });
}

function isSamePort(rule: SavedRule, mapping: PortMapping): boolean {
  const host = valueAfter(rule, "-d");
  return (
    valueAfter(rule, "-p") === (mapping.protocol satisfies Protocol) &&
    valueAfter(rule, "--dport") === String(mapping.hostPort) &&
    (host === undefined || mapping.hostIp === undefined || host === single(mapping.hostIp))
  );
}

/** Which container a chain belongs to, by the comment on the rule that leads there. */
function containerOf(present: SavedTable, chain: string): string {
  const entry = present.rules.find((rule) => rule.chain === TOP && targetOf(rule) === chain);
  const comment = entry === undefined ? undefined : valueAfter(entry, "--comment");
  return /id: "([^"]*)/.exec(comment ?? "")?.[1] ?? chain;
}

function valueAfter(rule: SavedRule, word: string): string | undefined {
  const at = rule.args.indexOf(word);
  return at === -1 ? undefined : rule.args[at + 1];
}

/** Mappings of which there is no rule, and what else is missing, in words. */
export function missingIptablesPortmap(env: Env, portmap: IptablesPortmap): readonly string[] {
  const { conf, owner } = portmap;
  const { family } = portmap.address.address;
  const present = new Iptables(family, { env }).read("nat");
  const chain = ownChain(owner);
  const own = present.rules.filter((rule) => rule.chain === chain && targetOf(rule) === "DNAT");
  const leads = (from: string, to: string): boolean =>
    present.rules.some((rule) => rule.chain === from && targetOf(rule) === to);
  const mappings = mappingsOf(conf.mappings, family);
  return [
    ...mappings
      .filter((mapping) => !own.some((rule) => isSamePort(rule, mapping)))
      .map((mapping) => `the rule for ${mappingText(mapping)}`),
    ...(mappings.length === 0 || leads(TOP, chain) ? [] : [`the way from ${TOP} to ${chain}`]),
    ...["PREROUTING", "OUTPUT"].flatMap((from) =>
      leads(from, TOP) ? [] : [`the way from ${from} to ${TOP}`],
    ),
  ];
}
