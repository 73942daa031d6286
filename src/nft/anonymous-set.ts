import { type Cidr, formatAddress, formatCidr, type IpAddress, lastAddress } from "../ip/mod.ts";
import type { Encoder } from "../netlink/mod.ts";
import {
  NFPROTO,
  NFT_LOOKUP_F_INV,
  NFT_NAT,
  NFT_NG_RANDOM,
  NFT_REG_1,
  NFT_REG_2,
  NFT_REG_VERDICT,
  NFT_REG32_00,
  VERDICT,
} from "./constants.ts";
import { TYPE } from "./data-type.ts";
import { encodeElements, encodeSet } from "./encode-set.ts";
import type { Expression } from "./expression.ts";
import type { TableRef } from "./refs.ts";
import type { Selector } from "./selector.ts";
import type { AnonymousSet, Element, NftSet } from "./set.ts";
import type { Statement } from "./statement.ts";

/** What a lookup calls its statement's own set: the kernel makes a name of it, nft does likewise. */
const ANONYMOUS = { set: "__set%d", map: "__map%d" } as const;

function nameOf(set: Pick<AnonymousSet, "data">): string {
  return set.data === undefined ? ANONYMOUS.set : ANONYMOUS.map;
}

/** Writes the messages of a rule's own set, which go before the rule's; gives their number. */
export function encodeAnonymousSet(
  encoder: Encoder,
  of: { readonly rule: TableRef; readonly set: AnonymousSet; readonly id: number },
): number {
  const { elements, ...shape } = of.set;
  const { family, table } = of.rule;
  const set: NftSet = { ...shape, family, table, set: nameOf(shape) };
  encodeSet(encoder, set, { id: of.id, size: elements.length });
  return 1 + encodeElements(encoder, { set, elements, setId: of.id }, "add");
}

/** The statement with the number that its set has within the transaction. */
export function withSetId(statement: Statement, setId: number): Statement {
  const expressions = statement.expressions.map(
    (expression): Expression =>
      expression.name === "lookup" && expression.set?.endsWith("%d") === true
        ? { ...expression, setId }
        : expression,
  );
  return { ...statement, expressions };
}

/** `ip saddr != { 10.0.0.0/8, 192.0.2.0/24 }`: in none of them; prefixes may overlap. */
export function isInNone(selector: Selector, cidrs: readonly Cidr[]): Statement {
  return inCidrs(selector, cidrs, true);
}

/** `ip daddr { 10.0.0.0/8, 192.0.2.0/24 }`: in one of them; prefixes may overlap. */
export function isInAny(selector: Selector, cidrs: readonly Cidr[]): Statement {
  return inCidrs(selector, cidrs, false);
}

function inCidrs(selector: Selector, cidrs: readonly Cidr[], isInverted: boolean): Statement {
  const lookup: Expression = {
    name: "lookup",
    set: ANONYMOUS.set,
    sreg: NFT_REG_1,
    ...(isInverted ? { flags: NFT_LOOKUP_F_INV } : {}),
  };
  return {
    text: `${selector.text} ${isInverted ? "!= " : ""}{ ${cidrs.map(formatCidr).join(", ")} }`,
    ...(selector.needs === undefined ? {} : { needs: selector.needs }),
    expressions: [selector.load(NFT_REG_1), lookup],
    anonymous: { key: [selector.type], isInterval: true, elements: toRanges(cidrs) },
  };
}

/** Ranges that neither overlap nor touch, as a set of intervals wants them. */
function toRanges(cidrs: readonly Cidr[]): Element[] {
  const sorted = cidrs
    .map((cidr) => ({ family: cidr.family, first: cidr.network, last: lastAddress(cidr) }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: typeof sorted = [];
  for (const range of sorted) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push({ ...range });
    else if (range.last > before.last) before.last = range.last;
  }
  return merged.map(({ family, first, last }) => ({
    key: [{ family, value: first }],
    keyEnd: [{ family, value: last }],
  }));
}

/** Where `dnatToOneOf` sends a connection. */
export interface NatTarget {
  readonly address: IpAddress;
  readonly port: number;
}

/**
 * `dnat ip addr . port to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }`: to one
 * of them, each as likely as the others. The rule must say the transport protocol before. TypeError
 * for no target, and for targets of different families.
 */
export function dnatToOneOf(targets: readonly NatTarget[]): Statement {
  const family = targets[0]?.address.family;
  if (family === undefined) throw new TypeError("Cannot translate to none of no targets");
  const type = family === 4 ? TYPE.ipv4Addr : TYPE.ipv6Addr;
  const shown = targets.map(({ address, port }, i) => `${i} : ${formatAddress(address)} . ${port}`);
  const map = ANONYMOUS.map;
  return {
    text: `dnat ${family === 4 ? "ip" : "ip6"} addr . port to numgen random mod ${targets.length} map { ${shown.join(", ")} }`,
    expressions: [
      random(targets.length),
      { name: "lookup", set: map, sreg: NFT_REG_1, dreg: NFT_REG_1 },
      {
        name: "nat",
        type: NFT_NAT.dnat,
        family: family === 4 ? NFPROTO.IPV4 : NFPROTO.IPV6,
        addrMin: NFT_REG_1,
        // The port is in the word after the address.
        protoMin: family === 4 ? NFT_REG32_00 + 1 : NFT_REG_2,
        flags: 0,
      },
    ],
    anonymous: {
      key: [TYPE.hostWord],
      data: [type, TYPE.inetService],
      elements: targets.map(({ address, port }, i) => ({ key: [i], data: [address, port] })),
    },
  };
}

/** `numgen random mod 2 vmap { 0 : goto a, 1 : goto b }`: on in one of the chains. */
export function gotoOneOf(chains: readonly string[]): Statement {
  const shown = chains.map((chain, i) => `${i} : goto ${chain}`);
  const map = ANONYMOUS.map;
  return {
    text: `numgen random mod ${chains.length} vmap { ${shown.join(", ")} }`,
    expressions: [
      random(chains.length),
      { name: "lookup", set: map, sreg: NFT_REG_1, dreg: NFT_REG_VERDICT },
    ],
    anonymous: {
      key: [TYPE.hostWord],
      data: "verdict",
      elements: chains.map((chain, i) => ({ key: [i], data: { code: VERDICT.goto, chain } })),
    },
  };
}

function random(modulus: number): Expression {
  return { name: "numgen", dreg: NFT_REG_1, modulus, type: NFT_NG_RANDOM, offset: 0 };
}
