import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import {
  accept,
  addressSelectors,
  type Chain,
  changeNft,
  ctState,
  cutComment,
  drop,
  inSet,
  is,
  jump,
  type ListedRule,
  listElements,
  listRules,
  meta,
  type NftSet,
  type Rule,
  returns,
  ruleExpressions,
  sameExpressions,
  Transaction,
  TYPE,
} from "../../../../nft/mod.ts";
import { FileLock } from "../../../../sys/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { networkPrefix, type Owner, ownerComment, ownerPrefix } from "../../lib/owner.ts";

/**
 * A table of our own. What it accepts, another table may still drop: in nftables a drop is for
 * good, an accept only for its own chain. So it separates bridges for sure, and lets pods through
 * what the administrator makes of this very chain (its policy, the chain "admin").
 */
const TABLE = { family: "inet", table: "cni_firewall" } as const;
const TABLE_COMMENT = "Forwarding to and from pods";
const FORWARD: Chain = {
  ...TABLE,
  chain: "forward",
  base: { type: "filter", hook: "forward", priority: 0 },
};
const ISOLATION = { ...TABLE, chain: "isolation" } as const;
const ADMIN = { ...TABLE, chain: "admin" } as const;
const PODS = { ...TABLE, chain: "pods" } as const;
/** Bridges that hear only those that have no policy: neither each other nor, isolated, themselves. */
const BRIDGES: NftSet = { ...TABLE, set: "bridges", key: [TYPE.ifname] };

const LOCK = "/run/nodewright/firewall.lock";

/** What connections to a bridge's pods may come from. */
export interface BridgePolicy {
  readonly bridge: string;
  readonly isIsolated: boolean;
}

/** Lets an attachment's addresses through, and separates its bridge where a policy is given. */
export function setUpNftFirewall(
  conn: Conn,
  owner: Owner,
  what: { readonly addresses: readonly IpAddress[]; readonly policy?: BridgePolicy },
): void {
  const wanted = wantedRules(owner, what);
  // Two that make it at once would make every jump twice.
  using _lock = hasFrame(listRules(conn, TABLE)) ? undefined : FileLock.acquireBlocking(LOCK);
  changeNft(conn, () => {
    const present = listRules(conn, TABLE);
    const transaction = new Transaction();
    addFrame(transaction, present);
    for (const rule of present.filter((one) => isOf(one, ownerPrefix(owner)))) {
      transaction.deleteRule(rule);
    }
    for (const rule of wanted) transaction.addRule(rule);
    const { policy } = what;
    if (policy !== undefined) {
      transaction.addElements(BRIDGES, [{ key: [policy.bridge] }]);
      // Isolated pods do not reach each other through the host either.
      const stay = present.filter((rule) => isStayRule(rule, policy.bridge));
      if (policy.isIsolated) {
        for (const rule of stay) transaction.deleteRule(rule);
      } else if (stay.length === 0) {
        transaction.addRule(stayRule(policy.bridge), "first");
      }
    }
    return transaction;
  });
}

/** Removes an attachment's rules, and what separates a bridge with the last one on it. */
export function tearDownNftFirewall(conn: Conn, owner: Owner): void {
  removeRules(conn, (rule) => isOf(rule, ownerPrefix(owner)));
}

/** Removes the rules of a network's attachments but of those that are valid. */
export function collectNftFirewall(
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

/** True where an attachment has rules here. */
export function hasNftFirewall(conn: Conn, owner: Owner): boolean {
  return listRules(conn, TABLE).some((rule) => isOf(rule, ownerPrefix(owner)));
}

/** What is missing of an attachment's rules, in words. */
export function missingNftFirewall(
  conn: Conn,
  owner: Owner,
  what: { readonly addresses: readonly IpAddress[]; readonly policy?: BridgePolicy },
): readonly string[] {
  const present = listRules(conn, TABLE);
  const own = present.filter((rule) => isOf(rule, ownerPrefix(owner)));
  const isThere = (wanted: Rule): boolean =>
    own.some((rule) =>
      sameExpressions(rule.expressions, ruleExpressions("inet", wanted.statements)),
    );
  const lacking = what.addresses.filter(
    (address) => !wantedRules(owner, { addresses: [address] }).every(isThere),
  );
  const { policy } = what;
  const isSeparate =
    policy === undefined ||
    (hasFrame(present) &&
      listElements(conn, BRIDGES).some(({ key }) => key[0] === policy.bridge) &&
      policy.isIsolated !== present.some((rule) => isStayRule(rule, policy.bridge)));
  return [
    ...(hasFrame(present) ? [] : ["the chain forward"]),
    ...lacking.map((address) => `the rules for ${formatAddress(address)}`),
    ...(isSeparate ? [] : [`the ingress policy of "${policy.bridge}"`]),
  ];
}

function wantedRules(
  owner: Owner,
  {
    addresses,
    policy,
  }: { readonly addresses: readonly IpAddress[]; readonly policy?: BridgePolicy },
): readonly Rule[] {
  return addresses.flatMap((address) => {
    const { saddr, daddr } = addressSelectors(address.family);
    const common = {
      ...PODS,
      comment: cutComment(ownerComment(owner)),
      // By which DEL knows whether somebody else is still on the bridge.
      ...(policy === undefined ? {} : { tag: podTag(policy.bridge) }),
    };
    return [
      { ...common, statements: [is(daddr, address), ctState("established", "related"), accept] },
      { ...common, statements: [is(saddr, address), accept] },
    ];
  });
}

function podTag(bridge: string): string {
  return `pod ${bridge}`;
}

function stayRule(bridge: string): Rule {
  return {
    ...ISOLATION,
    statements: [is(meta.iifname, bridge), is(meta.oifname, bridge), returns],
    tag: stayTag(bridge),
  };
}

function stayTag(bridge: string): string {
  return `stay ${bridge}`;
}

function isStayRule(rule: ListedRule, bridge: string): boolean {
  return rule.chain === ISOLATION.chain && rule.tag === stayTag(bridge);
}

function isOf(rule: ListedRule, prefix: string): boolean {
  return rule.chain === PODS.chain && rule.comment?.startsWith(prefix) === true;
}

function removeRules(conn: Conn, isStale: (rule: ListedRule) => boolean): void {
  changeNft(conn, () => {
    const present = listRules(conn, TABLE);
    const stale = present.filter(isStale);
    const transaction = new Transaction();
    for (const rule of stale) transaction.deleteRule(rule);
    for (const tag of new Set(stale.map((rule) => rule.tag))) {
      const bridge = tag?.startsWith("pod ") === true ? tag.slice("pod ".length) : undefined;
      const isUsed = present.some((rule) => rule.tag === tag && !stale.includes(rule));
      if (bridge === undefined || isUsed) continue;
      for (const rule of present.filter((one) => isStayRule(one, bridge))) {
        transaction.deleteRule(rule);
      }
      if (listElements(conn, BRIDGES).some(({ key }) => key[0] === bridge)) {
        transaction.deleteElements(BRIDGES, [{ key: [bridge] }]);
      }
    }
    return transaction;
  });
}

/** By which they are known, without looking into every rule. */
const FRAME_TAG = "frame";
const FRAME_RULES = 4;

function frameRules(): readonly Rule[] {
  const rules: readonly Omit<Rule, "tag">[] = [
    {
      ...ISOLATION,
      statements: [inSet([meta.iifname], "bridges"), inSet([meta.oifname], "bridges"), drop],
    },
    ...[ISOLATION, ADMIN, PODS].map(({ chain }) => ({ ...FORWARD, statements: [jump(chain)] })),
  ];
  return rules.map((rule) => ({ ...rule, tag: FRAME_TAG }));
}

/** Rules of others between them, and the policy, are the administrator's. */
function hasFrame(present: readonly ListedRule[]): boolean {
  return present.filter((rule) => rule.tag === FRAME_TAG).length === FRAME_RULES;
}

/** Makes the table and its chains; of what is there already only our own jumps are made anew. */
function addFrame(transaction: Transaction, present: readonly ListedRule[]): void {
  if (hasFrame(present)) return;
  transaction.addTable({ ...TABLE, comment: TABLE_COMMENT }).addSet(BRIDGES);
  for (const chain of [ISOLATION, ADMIN, PODS, FORWARD]) transaction.addChain(chain);
  for (const rule of present) {
    if (rule.tag === FRAME_TAG) transaction.deleteRule(rule);
  }
  for (const rule of frameRules().toReversed()) {
    transaction.addRule(rule, rule.chain === FORWARD.chain ? "first" : "last");
  }
}
