/**
 * nftables over netlink, in nft's words: transactions of tables, chains, rules, sets and maps, and
 * listings of them. No nft command is needed; `nft list ruleset` shows what is made here as if
 * that command had made it. Knows the expressions that node networking uses, not all of nft:
 * rules with others are listed with those named only. No flowtables and no objects; anonymous
 * sets only in the statements of ./anonymous-set.ts.
 *
 * @example
 * using conn = openNft();
 * const table = { family: "inet", table: "example" } as const;
 * const base = { type: "filter", hook: "forward", priority: 0 } as const;
 * new Transaction()
 *   .addTable(table)
 *   .addChain({ ...table, chain: "forward", base })
 *   .addRule({ ...table, chain: "forward", statements: [is(meta.iifname, "eth0"), drop] })
 *   .commit(conn);
 *
 * @module
 */
export {
  accept,
  counter,
  dnat,
  drop,
  goto,
  jump,
  limit,
  masquerade,
  masqueradeFullyRandom,
  notrack,
  redirect,
  reject,
  returns,
  setCtMark,
  setMarkBits,
  snat,
  toggleMarkBits,
  updateSet,
  vmap,
} from "./action.ts";
export { dnatToOneOf, gotoOneOf, isInAny, isInNone, type NatTarget } from "./anonymous-set.ts";
export { changeNft } from "./change-nft.ts";
export {
  ctDirection,
  ctState,
  ctStatus,
  fibDaddrType,
  fibSaddrType,
  hasAnyBit,
  hasBits,
  inSet,
  is,
  isIn,
  isNot,
  isNotIn,
  notInSet,
  onceIn,
  startsNotWith,
  startsWith,
} from "./condition.ts";
export { VERDICT } from "./constants.ts";
export { type DataType, TYPE, type Value } from "./data-type.ts";
export { ruleExpressions } from "./encode-rule.ts";
export {
  type Data,
  type Expression,
  type ListedExpression,
  sameExpressions,
  type Verdict,
  verdictOf,
} from "./expression.ts";
export {
  findChain,
  hasTable,
  type ListedSet,
  listChains,
  listElements,
  listRules,
  listSets,
  listTables,
} from "./listing.ts";
export type { BaseChain, Chain, ListedChain, ListedRule, Rule, RuleRef, Table } from "./objects.ts";
export { openNft, openNftIfThere, probeNft } from "./probe-nft.ts";
export { dnatTarget, matchedValue } from "./read-rule.ts";
export type { ChainRef, Family, SetRef, TableRef } from "./refs.ts";
export {
  addressSelectors,
  ct,
  ether,
  ip,
  ip6,
  meta,
  ports,
  type Selector,
  th,
} from "./selector.ts";
export type { Element, NftSet } from "./set.ts";
export type { Statement } from "./statement.ts";
export { Transaction } from "./transaction.ts";
export { cutComment } from "./user-data.ts";
export { type RulesetChange, watchTable } from "./watch-table.ts";
