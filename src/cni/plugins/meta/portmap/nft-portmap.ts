import { formatAddress, type InterfaceAddress, networkOf } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import {
  addressSelectors,
  type Chain,
  changeNft,
  ct,
  ctStatus,
  dnat,
  dnatTarget,
  findChain,
  ip,
  is,
  isIn,
  jump,
  type ListedRule,
  listRules,
  masquerade,
  matchedValue,
  meta,
  ports,
  type Rule,
  ruleExpressions,
  type Statement,
  sameExpressions,
  Transaction,
} from "../../../../nft/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { networkPrefix, type Owner, ownerPrefix } from "../../lib/owner.ts";
import { addHostportFrame, type HostportTable, hostportTable } from "./hostport-table.ts";
import type { PortConflict } from "./port-conflict.ts";
import {
  mappingsOf,
  mappingText,
  type PortMapping,
  type PortmapConf,
  type Protocol,
} from "./portmap-conf.ts";

/** What is to be set up for one address of a pod. */
export interface NftPortmap {
  readonly owner: Owner;
  readonly conf: PortmapConf;
  readonly address: InterfaceAddress;
}

/**
 * Leads ports of the host to a pod's address; rules that the container has already are replaced.
 * The newest container goes first. `runNft` takes nft's own language: conditions of the
 * configuration are in it.
 */
export function setUpNftPortmap(
  conn: Conn,
  portmap: NftPortmap,
  runNft: (ruleset: string) => void,
): void {
  const at = hostportTable(portmap.address.address.family);
  const conditions = portmap.conf.conditions[at.family];
  changeNft(conn, () => {
    const present = listRules(conn, at.table);
    const transaction = new Transaction();
    addHostportFrame(transaction, at, present);
    const masqueraded = masqueradeRules(at, portmap);
    if (masqueraded.length > 0 && findChain(conn, at.masquerading) === undefined) {
      transaction.addChain(at.masquerading);
    }
    for (const rule of present.filter((r) => isOf(r, portmap.owner))) transaction.deleteRule(rule);
    // With conditions, nft adds the ports when the frame is there.
    if (conditions.length === 0) addPorts(transaction, at, portmap);
    for (const rule of masqueraded) transaction.addRule(rule);
    return transaction;
  });
  if (conditions.length === 0) return;
  const words: Statement = { text: conditions.join(" "), expressions: [] };
  const transaction = new Transaction();
  addPorts(transaction, at, portmap, [words]);
  runNft(transaction.toString());
}

function addPorts(
  transaction: Transaction,
  at: HostportTable,
  portmap: NftPortmap,
  before: readonly Statement[] = [],
): void {
  for (const rule of portRules(at, portmap).toReversed()) {
    transaction.addRule({ ...rule, statements: [...before, ...rule.statements] }, "first");
  }
}

/** One rule a mapping. */
function portRules(at: HostportTable, { owner, conf, address }: NftPortmap): readonly Rule[] {
  const { daddr } = addressSelectors(at.family);
  return mappingsOf(conf.mappings, at.family).map((mapping) => ({
    ...(mapping.hostIp === undefined ? at.any : at.one),
    statements: [
      ...(mapping.hostIp === undefined ? [] : [is(daddr, mapping.hostIp)]),
      is(ports(mapping.protocol).dport, mapping.hostPort),
      dnat(address.address, mapping.containerPort),
    ],
    comment: owner.containerId,
    tag: ownerPrefix(owner),
  }));
}

/** What the pod could not answer, as it would answer past the host, or to 127.0.0.1. */
function masqueradeRules(at: HostportTable, { owner, conf, address }: NftPortmap): readonly Rule[] {
  const { saddr, daddr } = addressSelectors(at.family);
  const mappings = mappingsOf(conf.mappings, at.family);
  if (!conf.snat || mappings.length === 0) return [];
  const toPod = is(daddr, address.address);
  const rule = (...statements: Statement[]): Rule => ({
    ...at.masquerading,
    statements,
    comment: owner.containerId,
    tag: ownerPrefix(owner),
  });
  const localhost = { family: 4, value: 0x7f000001n } as const;
  return [
    rule(is(saddr, address.address), toPod, masquerade),
    ...(at.family === 4 ? [rule(is(ip.saddr, localhost), toPod, masquerade)] : []),
    // A neighbour in the pod's subnet would get the answer directly, from the wrong address.
    ...mappings.map(({ hostPort, protocol }) =>
      rule(
        ...(conf.masqAll ? [] : [isIn(saddr, networkOf(address))]),
        toPod,
        ctStatus("dnat"),
        is(meta.l4proto, PROTOCOL[protocol]),
        is(ct.originalProtoDst, hostPort),
        masquerade,
      ),
    ),
  ];
}

const PROTOCOL: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** What the rules of a container lead to, as far as it matters after they are gone. */
export interface RemovedPort {
  readonly protocol: Protocol;
  readonly hostPort: number;
  readonly address: NonNullable<ReturnType<typeof dnatTarget>>["address"];
}

/** Removes a container's rules, in both families; gives the ports that they had. */
export function tearDownNftPortmap(conn: Conn, owner: Owner): readonly RemovedPort[] {
  return removeRules(conn, (rule) => isOf(rule, owner));
}

/**
 * Removes the rules of a network's containers but of those that are valid. Rules that do not tell
 * their network (the reference plugin's) go with others of the same container that do.
 */
export function collectNftPortmap(
  conn: Conn,
  network: string,
  valid: readonly Attachment[],
): readonly RemovedPort[] {
  const kept = new Set(valid.map((attachment) => ownerPrefix({ network, ...attachment })));
  const isStale = (rule: ListedRule): boolean =>
    rule.tag?.startsWith(networkPrefix(network)) === true && !kept.has(rule.tag);
  const gone = new Set(
    listBoth(conn).flatMap((rule) => (isStale(rule) ? [rule.comment ?? ""] : [])),
  );
  for (const { containerId } of valid) gone.delete(containerId);
  return removeRules(
    conn,
    (rule) => isStale(rule) || (rule.tag === undefined && gone.has(rule.comment ?? "")),
  );
}

function listBoth(conn: Conn): ListedRule[] {
  return ([4, 6] as const).flatMap((family) => listRules(conn, hostportTable(family).table));
}

function removeRules(conn: Conn, isStale: (rule: ListedRule) => boolean): readonly RemovedPort[] {
  let removed: readonly RemovedPort[] = [];
  changeNft(conn, () => {
    const stale = listBoth(conn).filter(
      (rule) => rule.comment !== undefined && rule.comment !== "" && isStale(rule),
    );
    removed = stale.flatMap((rule) => portOf(rule) ?? []);
    const transaction = new Transaction();
    for (const rule of stale) transaction.deleteRule(rule);
    return transaction;
  });
  return removed;
}

/** The comment is the container's ID; a tag, where there is one, tells its networks apart. */
function isOf(rule: ListedRule, owner: Owner): boolean {
  if (rule.comment !== owner.containerId) return false;
  return rule.tag === undefined || rule.tag === ownerPrefix(owner);
}

function portOf(rule: ListedRule): RemovedPort | undefined {
  const target = dnatTarget(rule.expressions);
  const number = matchedValue(rule.expressions, meta.l4proto);
  const protocol = PROTOCOLS.find((name) => PROTOCOL[name] === number);
  if (target === undefined || protocol === undefined) return undefined;
  const hostPort = matchedValue(rule.expressions, ports(protocol).dport);
  if (typeof hostPort !== "number") return undefined;
  return { protocol, hostPort, address: target.address };
}

const PROTOCOLS = ["tcp", "udp", "sctp"] as const;

/** Ports of the configuration that another container has, at the same address or at all. */
export function findNftConflicts(conn: Conn, { owner, conf, address }: NftPortmap): PortConflict[] {
  const at = hostportTable(address.address.family);
  const { daddr } = addressSelectors(at.family);
  const others = listRules(conn, at.table).filter((rule) => rule.comment !== owner.containerId);
  return mappingsOf(conf.mappings, at.family).flatMap((mapping) => {
    const other = others.find((rule) => {
      const port = portOf(rule);
      const host = matchedValue(rule.expressions, daddr);
      return (
        port?.hostPort === mapping.hostPort &&
        port.protocol === mapping.protocol &&
        (typeof host !== "object" ||
          mapping.hostIp === undefined ||
          host.value === mapping.hostIp.value)
      );
    });
    return other === undefined
      ? []
      : [{ containerId: other.comment ?? "", port: mappingText(mapping) }];
  });
}

/** The reference's rules: what the pod sends to itself, and localhost to it; or, with masqAll, all. */
function referenceMasquerading(at: HostportTable, portmap: NftPortmap): readonly Rule[] {
  const own = masqueradeRules(at, portmap).slice(0, at.family === 4 ? 2 : 1);
  const [first] = own;
  if (!portmap.conf.masqAll || first === undefined) return own;
  const { daddr } = addressSelectors(at.family);
  return [{ ...first, statements: [is(daddr, portmap.address.address), masquerade] }];
}

/** Mappings of which there is no rule, and what else is missing, in words. */
export function missingNftPortmap(conn: Conn, portmap: NftPortmap): readonly string[] {
  const at = hostportTable(portmap.address.address.family);
  const present = listRules(conn, at.table);
  const own = present.filter((rule) => isOf(rule, portmap.owner));
  const isThere = ({ statements }: Rule): boolean => {
    const wanted = ruleExpressions(at.table.family, statements);
    // Conditions of the configuration stand before what is ours.
    return own.some((rule) => sameExpressions(rule.expressions.slice(-wanted.length), wanted));
  };
  // The reference plugin has no tags, and no rules for neighbours.
  const isReference = own.every((rule) => rule.tag === undefined);
  const masqueraded = isReference
    ? referenceMasquerading(at, portmap)
    : masqueradeRules(at, portmap);
  const rules = portRules(at, portmap);
  const mappings = mappingsOf(portmap.conf.mappings, at.family);
  const leads = (from: Chain, to: Chain): boolean =>
    present.some(
      (rule) =>
        rule.chain === from.chain &&
        sameExpressions(rule.expressions.slice(-1), jump(to.chain).expressions),
    );
  return [
    ...mappings.filter((_, i) => !isThere(rules[i] ?? never())).map(missingPort),
    ...(masqueraded.every(isThere)
      ? []
      : [`the masquerading of ${formatAddress(portmap.address.address)}`]),
    ...[at.prerouting, at.output].flatMap((chain) =>
      mappings.length === 0 || leads(chain, at.all) ? [] : [`the way from ${chain.chain}`],
    ),
  ];
}

function missingPort(mapping: PortMapping): string {
  return `the rule for ${mappingText(mapping)}`;
}

function never(): never {
  throw new TypeError("A mapping has no rule");
}
