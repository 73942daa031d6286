import { concatBytes } from "../base/mod.ts";
import { type Encoder, NLM_F } from "../netlink/mod.ts";
import {
  NFPROTO,
  NFT_CMP,
  NFT_META,
  NFT_MSG,
  NFT_REG_1,
  NFT_REJECT,
  NFTA_RULE,
  PORT_UNREACH,
} from "./constants.ts";
import { type Expression, encodeExpressions } from "./expression.ts";
import type { Rule } from "./objects.ts";
import type { Family } from "./refs.ts";
import type { Needs } from "./selector.ts";
import type { Statement } from "./statement.ts";
import { commentData, UDATA_RULE_TAG } from "./user-data.ts";
import { start } from "./wire.ts";

/** Where a rule goes in its chain. */
export type RulePlace = "first" | "last";

/** Writes the message that adds a rule. */
export function encodeRule(encoder: Encoder, rule: Rule, place: RulePlace): void {
  const flags = NLM_F.CREATE | (place === "last" ? NLM_F.APPEND : 0);
  start(encoder, NFT_MSG.NEWRULE, { family: rule.family, flags })
    .attrString(NFTA_RULE.TABLE, rule.table)
    .attrString(NFTA_RULE.CHAIN, rule.chain)
    .nest(NFTA_RULE.EXPRESSIONS, (list) =>
      encodeExpressions(list, ruleExpressions(rule.family, rule.statements)),
    );
  const userData = ruleUserData(rule);
  if (userData !== undefined) encoder.attrBytes(NFTA_RULE.USERDATA, userData);
}

function ruleUserData({ comment, tag }: Rule): Uint8Array | undefined {
  const commented = comment === undefined ? undefined : commentData(comment);
  if (tag === undefined) return commented;
  const tagged = commentData(tag, UDATA_RULE_TAG);
  return commented === undefined ? tagged : concatBytes(commented, tagged);
}

/**
 * The kernel's expressions of a rule: those of its statements, and before them what each one
 * needs to be known of a packet (an IPv4 header is read only where there is one).
 */
export function ruleExpressions(
  family: Family,
  statements: readonly Statement[],
): readonly Expression[] {
  let network: Needs["network"] = family === "ip" ? 4 : family === "ip6" ? 6 : undefined;
  let transport: number | undefined;
  const all: Expression[] = [];
  for (const { text, needs, expressions } of statements) {
    if (needs?.network !== undefined && needs.network !== network) {
      if (network !== undefined) {
        throw new TypeError(`Cannot match "${text}": the rule is for IPv${network} packets`);
      }
      network = needs.network;
      all.push(...matchNetwork(family, network));
    }
    if (needs?.transport !== undefined && needs.transport !== transport) {
      if (transport !== undefined) {
        throw new TypeError(`Cannot match "${text}": the rule is for another transport protocol`);
      }
      transport = needs.transport;
      all.push({ name: "meta", key: NFT_META.L4PROTO, dreg: NFT_REG_1 });
      all.push(equals(new Uint8Array([transport])));
    }
    for (const expression of expressions) all.push(inFamily(family, expression));
  }
  return all;
}

/** In a table of one family the kernel knows only that family's own way to reject, and drops else. */
function inFamily(family: Family, expression: Expression): Expression {
  if (expression.name !== "reject" || (family !== "ip" && family !== "ip6")) return expression;
  return { name: "reject", type: NFT_REJECT.TYPE_ICMP, code: PORT_UNREACH[family] };
}

/** Numbers of Ethernet, in network order. */
const ETH_P = { 4: new Uint8Array([0x08, 0x00]), 6: new Uint8Array([0x86, 0xdd]) } as const;

function matchNetwork(family: Family, network: 4 | 6): Expression[] {
  if (family === "bridge") {
    return [{ name: "meta", key: NFT_META.PROTOCOL, dreg: NFT_REG_1 }, equals(ETH_P[network])];
  }
  const number = network === 4 ? NFPROTO.IPV4 : NFPROTO.IPV6;
  return [
    { name: "meta", key: NFT_META.NFPROTO, dreg: NFT_REG_1 },
    equals(new Uint8Array([number])),
  ];
}

function equals(data: Uint8Array): Expression {
  return { name: "cmp", sreg: NFT_REG_1, op: NFT_CMP.eq, data };
}
