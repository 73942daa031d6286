import { Encoder, NLM_F } from "../../../netlink/mod.ts";
import { AF } from "../../../sys/mod.ts";
import {
  NF_INET_POST_ROUTING,
  NFNL_MSG_BATCH,
  NFNL_SUBSYS,
  NFT_CT_STATE,
  NFT_MSG,
  NFT_REG_1,
  NFTA_CHAIN,
  NFTA_CT,
  NFTA_EXPR,
  NFTA_HOOK,
  NFTA_LIST_ELEM,
  NFTA_RULE,
  NFTA_TABLE_NAME,
  PRIORITY_NAT_SRC,
} from "./constants.ts";

/** Writes the attributes of one expression of a rule. */
type Expression = (expression: Encoder) => void;

/** Expressions that a probe puts into a rule. */
export const expressions: { readonly masquerade: Expression; readonly ctState: Expression } = {
  masquerade: (e) => e.attrString(NFTA_EXPR.NAME, "masq").nest(NFTA_EXPR.DATA, () => {}),
  ctState: (e) =>
    e
      .attrString(NFTA_EXPR.NAME, "ct")
      .nest(NFTA_EXPR.DATA, (data) =>
        data.attrU32Be(NFTA_CT.DREG, NFT_REG_1).attrU32Be(NFTA_CT.KEY, NFT_CT_STATE),
      ),
};

/** A transaction that makes an IPv4 table, and in it a postrouting nat chain, and in that a rule. */
export function nftTransaction(parts: {
  readonly table: string;
  readonly natChain?: string;
  readonly expression?: Expression;
}): Encoder {
  const { table, natChain, expression } = parts;
  const encoder = new Encoder();
  boundary(encoder, NFNL_MSG_BATCH.BEGIN);
  start(encoder, NFT_MSG.NEWTABLE, 0).attrString(NFTA_TABLE_NAME, table);
  if (natChain !== undefined) {
    start(encoder, NFT_MSG.NEWCHAIN, 0)
      .attrString(NFTA_CHAIN.TABLE, table)
      .attrString(NFTA_CHAIN.NAME, natChain)
      .nest(NFTA_CHAIN.HOOK, (hook) =>
        hook
          .attrU32Be(NFTA_HOOK.HOOKNUM, NF_INET_POST_ROUTING)
          .attrU32Be(NFTA_HOOK.PRIORITY, PRIORITY_NAT_SRC),
      )
      .attrString(NFTA_CHAIN.TYPE, "nat");
  }
  if (natChain !== undefined && expression !== undefined) {
    start(encoder, NFT_MSG.NEWRULE, NLM_F.APPEND)
      .attrString(NFTA_RULE.TABLE, table)
      .attrString(NFTA_RULE.CHAIN, natChain)
      .nest(NFTA_RULE.EXPRESSIONS, (list) => list.nest(NFTA_LIST_ELEM, expression));
  }
  boundary(encoder, NFNL_MSG_BATCH.END);
  return encoder;
}

function start(encoder: Encoder, message: number, flags: number): Encoder {
  const type = (NFNL_SUBSYS.NFTABLES << 8) | message;
  return encoder
    .message(type, NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | flags)
    .u8(AF.INET)
    .u8(0)
    .u16(0);
}

function boundary(encoder: Encoder, type: number): void {
  encoder.message(type, NLM_F.REQUEST).u8(AF.UNSPEC).u8(0).u16Be(NFNL_SUBSYS.NFTABLES);
}
