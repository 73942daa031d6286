import { type InterfaceAddress, networkOf, parseCidr } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import {
  addressSelectors,
  type Chain,
  changeNft,
  ctState,
  cutComment,
  drop,
  goto,
  ip,
  ip6,
  is,
  isIn,
  isNotIn,
  type ListedRule,
  listRules,
  masquerade,
  type Rule,
  returns,
  ruleExpressions,
  type Statement,
  sameExpressions,
  Transaction,
} from "../../../../nft/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { networkPrefix, type Owner, ownerComment, ownerPrefix } from "../owner.ts";

/** The table of the reference plugins: names, comments and rules are theirs to the letter. */
const TABLE = { family: "inet", table: "cni_plugins_masquerade" } as const;
const TABLE_COMMENT = "Masquerading for plugins from github.com/containernetworking/plugins";
const CHECKS = { ...TABLE, chain: "masq_checks" } as const;
const CHECKS_COMMENT =
  "Masquerade traffic from certain IPs to any (non-multicast) IP outside their subnet";
const POSTROUTING: Chain = {
  ...TABLE,
  chain: "postrouting",
  base: { type: "nat", hook: "postrouting", priority: 100 },
};

/**
 * Ours, in the reference's table: what connection tracking calls invalid (a reset of a connection that
 * nobody knows) passes NAT by, and would leave with the pod's address.
 */
const INVALID: Chain = {
  ...TABLE,
  chain: "invalid",
  base: { type: "filter", hook: "forward", priority: 0 },
};
const INVALID_CHECKS = { ...TABLE, chain: "invalid_checks" } as const;

/**
 * Masquerades what leaves an attachment's addresses for elsewhere than their own subnets; rules
 * that it has already are replaced, or stay where they are the same.
 */
export function setUpNftMasquerade(
  conn: Conn,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): void {
  const wanted: Rule[] = [];
  for (const address of addresses) {
    wanted.push(ownerRule(owner, address), invalidRule(owner, address));
  }
  const prefix = ownerPrefix(owner);
  changeNft(conn, () => {
    const present = listRules(conn, TABLE);
    const transaction = new Transaction();
    // Counting is enough where every millisecond counts; CHECK looks closer.
    if (frameRules(present).length !== FRAME_RULES) addFrame(transaction);
    if (!present.some(({ chain }) => chain === INVALID.chain)) addInvalidFrame(transaction);
    const own: ListedRule[] = [];
    for (const rule of present) if (isOf(rule, prefix)) own.push(rule);
    if (own.length === wanted.length && wanted.every((rule) => own.some((o) => isSame(o, rule)))) {
      return transaction;
    }
    for (const rule of own) transaction.deleteRule(rule);
    for (const rule of wanted) transaction.addRule(rule);
    return transaction;
  });
}

/** Removes an attachment's rules; true where there were any. */
export function tearDownNftMasquerade(conn: Conn, owner: Owner): boolean {
  return removeRules(conn, (rule) => isOf(rule, ownerPrefix(owner)));
}

/** Removes the rules of a network's attachments but of those that are valid. */
export function collectNftMasquerade(
  conn: Conn,
  network: string,
  valid: readonly Attachment[],
): void {
  const kept = valid.map((attachment) => ownerPrefix({ network, ...attachment }));
  removeRules(
    conn,
    (rule) => isOf(rule, networkPrefix(network)) && !kept.some((prefix) => isOf(rule, prefix)),
  );
}

/** The addresses of an attachment that are not masqueraded. */
export function missingNftMasquerade(
  conn: Conn,
  owner: Owner,
  addresses: readonly InterfaceAddress[],
): readonly InterfaceAddress[] {
  const present = listRules(conn, TABLE);
  if (!isFrameWhole(present)) return addresses;
  const own = present.filter((rule) => isOf(rule, ownerPrefix(owner)));
  return addresses.filter(
    (address) => !own.some((rule) => isSame(rule, ownerRule(owner, address))),
  );
}

function ownerRule(owner: Owner, address: InterfaceAddress): Rule {
  const { saddr, daddr } = addressSelectors(address.address.family);
  return {
    ...CHECKS,
    statements: [is(saddr, address.address), isNotIn(daddr, networkOf(address)), masquerade],
    comment: cutComment(ownerComment(owner)),
  };
}

function invalidRule(owner: Owner, address: InterfaceAddress): Rule {
  const { saddr, daddr } = addressSelectors(address.address.family);
  return {
    ...INVALID_CHECKS,
    statements: [is(saddr, address.address), isNotIn(daddr, networkOf(address)), drop],
    comment: cutComment(ownerComment(owner)),
  };
}

function addInvalidFrame(transaction: Transaction): void {
  transaction
    .addChain(INVALID_CHECKS)
    .addChain(INVALID)
    .addRule({ ...INVALID, statements: [ctState("invalid"), goto(INVALID_CHECKS.chain)] });
}

function removeRules(conn: Conn, isStale: (rule: ListedRule) => boolean): boolean {
  let removed = 0;
  changeNft(conn, () => {
    const stale = listRules(conn, TABLE).filter(isStale);
    const transaction = new Transaction();
    for (const rule of stale) transaction.deleteRule(rule);
    removed = stale.length;
    return transaction;
  });
  return removed > 0;
}

function isOf(rule: ListedRule, prefix: string): boolean {
  const isOwners = rule.chain === CHECKS.chain || rule.chain === INVALID_CHECKS.chain;
  return isOwners && rule.comment?.startsWith(prefix) === true;
}

function isSame(present: ListedRule, rule: Pick<Rule, "statements">): boolean {
  return sameExpressions(present.expressions, ruleExpressions(TABLE.family, rule.statements));
}

/** What postrouting does: multicast stays as it is, for the rest the attachments' rules decide. */
function frameStatements(): readonly (readonly Statement[])[] {
  return [
    [isIn(ip.daddr, prefix("224.0.0.0/4")), returns],
    [isIn(ip6.daddr, prefix("ff00::/8")), returns],
    [goto(CHECKS.chain)],
  ];
}

const FRAME_RULES = 3;

function frameRules(present: readonly ListedRule[]): readonly ListedRule[] {
  const rules: ListedRule[] = [];
  for (const rule of present) if (rule.chain === POSTROUTING.chain) rules.push(rule);
  return rules;
}

/** As the last rule leads to the other chain, both chains are there where the rules are. */
function isFrameWhole(present: readonly ListedRule[]): boolean {
  const rules = frameRules(present);
  const wanted = frameStatements();
  return (
    rules.length === wanted.length &&
    rules.every((rule, i) => isSame(rule, { statements: wanted[i] ?? [] }))
  );
}

function addFrame(transaction: Transaction): void {
  transaction
    .addTable({ ...TABLE, comment: TABLE_COMMENT })
    .addChain({ ...CHECKS, comment: CHECKS_COMMENT })
    .addChain(POSTROUTING)
    .flushChain(POSTROUTING);
  for (const statements of frameStatements()) transaction.addRule({ ...POSTROUTING, statements });
}

function prefix(text: string) {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
}
