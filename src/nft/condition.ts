import { type Cidr, formatCidr } from "../ip/mod.ts";
import {
  CT_STATE,
  CT_STATUS,
  NFT_CMP,
  NFT_CT,
  NFT_FIB,
  NFT_LOOKUP_F_INV,
  NFT_NG_RANDOM,
  NFT_REG_1,
  RTN,
} from "./constants.ts";
import { TYPE, type Value } from "./data-type.ts";
import type { Expression } from "./expression.ts";
import { ct, keyOf, loadKey, type Selector } from "./selector.ts";

import type { Statement } from "./statement.ts";

function match(selector: Selector, text: string, expressions: readonly Expression[]): Statement {
  const { needs } = selector;
  return { text, expressions, ...(needs === undefined ? {} : { needs }) };
}

function compare(data: Uint8Array, op: number = NFT_CMP.eq): Expression {
  return { name: "cmp", sreg: NFT_REG_1, op, data };
}

function mask(len: number, bits: Uint8Array): Expression {
  const xor = new Uint8Array(len);
  return { name: "bitwise", sreg: NFT_REG_1, dreg: NFT_REG_1, len, mask: bits, xor };
}

/** `ip saddr 10.0.0.1` */
export function is(selector: Selector, value: Value): Statement {
  const data = selector.type.encode(value);
  const text = `${selector.text} ${selector.type.print(value)}`;
  return match(selector, text, [selector.load(NFT_REG_1), compare(data)]);
}

/** `ip saddr != 10.0.0.1` */
export function isNot(selector: Selector, value: Value): Statement {
  const data = selector.type.encode(value);
  const text = `${selector.text} != ${selector.type.print(value)}`;
  return match(selector, text, [selector.load(NFT_REG_1), compare(data, NFT_CMP.neq)]);
}

/** `ip saddr 10.0.0.0/8` */
export function isIn(selector: Selector, cidr: Cidr): Statement {
  return inPrefix(selector, cidr, NFT_CMP.eq);
}

/** `ip saddr != 10.0.0.0/8` */
export function isNotIn(selector: Selector, cidr: Cidr): Statement {
  return inPrefix(selector, cidr, NFT_CMP.neq);
}

function inPrefix(selector: Selector, cidr: Cidr, op: number): Statement {
  const not = op === NFT_CMP.neq ? "!= " : "";
  const text = `${selector.text} ${not}${formatCidr(cidr)}`;
  return match(selector, text, prefixExpressions(selector, cidr, op));
}

function prefixExpressions(selector: Selector, cidr: Cidr, op: number): readonly Expression[] {
  const { type } = selector;
  const { family, prefixLength } = cidr;
  const load = selector.load(NFT_REG_1);
  const network = type.encode({ family, value: cidr.network });
  // As nft does: of a header only the whole bytes of the prefix are looked at.
  if (load.name === "payload" && prefixLength > 0 && prefixLength % 8 === 0) {
    const len = prefixLength / 8;
    return [{ ...load, len }, compare(network.subarray(0, len), op)];
  }
  const bits = BigInt(type.sizeBytes * 8);
  const ones = (1n << bits) - (1n << (bits - BigInt(prefixLength)));
  return [load, mask(type.sizeBytes, type.encode({ family, value: ones })), compare(network, op)];
}

/** `meta mark & 0x00002000 == 0x00002000` */
export function hasBits(selector: Selector, bits: number): Statement {
  const data = selector.type.encode(bits);
  const shown = selector.type.print(bits);
  const text = `${selector.text} & ${shown} == ${shown}`;
  return match(selector, text, [selector.load(NFT_REG_1), mask(4, data), compare(data)]);
}

/** `meta mark & 0x00002000 != 0x00000000`: at least one of the bits. */
export function hasAnyBit(selector: Selector, bits: number): Statement {
  const { type } = selector;
  const text = `${selector.text} & ${type.print(bits)} != ${type.print(0)}`;
  return match(selector, text, [
    selector.load(NFT_REG_1),
    mask(4, type.encode(bits)),
    compare(type.encode(0), NFT_CMP.neq),
  ]);
}

/** `numgen random mod 3 0`: true once in `count` times, by chance. */
export function onceIn(count: number): Statement {
  return {
    text: `numgen random mod ${count} 0`,
    expressions: [
      { name: "numgen", dreg: NFT_REG_1, modulus: count, type: NFT_NG_RANDOM, offset: 0 },
      compare(TYPE.hostWord.encode(0)),
    ],
  };
}

/** `iifname "veth*"`: the name starts with these characters; TypeError for none. */
export function startsWith(selector: Selector, prefix: string): Statement {
  return byPrefix(selector, prefix, NFT_CMP.eq);
}

/** `iifname != "veth*"` */
export function startsNotWith(selector: Selector, prefix: string): Statement {
  return byPrefix(selector, prefix, NFT_CMP.neq);
}

function byPrefix(selector: Selector, prefix: string, op: number): Statement {
  const length = new TextEncoder().encode(prefix).length;
  if (length === 0) throw new TypeError("Cannot match names by an empty prefix");
  const text = `${selector.text} ${op === NFT_CMP.neq ? "!= " : ""}"${prefix}*"`;
  const bytes = selector.type.encode(prefix).subarray(0, length);
  return match(selector, text, [selector.load(NFT_REG_1), compare(bytes, op)]);
}

/** `ct state established,related`: any of them. */
export function ctState(...states: readonly (keyof typeof CT_STATE)[]): Statement {
  return anyBit(ct.state, states, CT_STATE);
}

/** `ct status dnat`: any of them. */
export function ctStatus(...states: readonly (keyof typeof CT_STATUS)[]): Statement {
  return anyBit(ct.status, states, CT_STATUS);
}

function anyBit<Name extends string>(
  selector: Selector,
  names: readonly Name[],
  bitOf: Readonly<Record<Name, number>>,
): Statement {
  const { type } = selector;
  const text = `${selector.text} ${names.join(",")}`;
  let bits = 0;
  for (const name of names) bits |= bitOf[name];
  const expressions = [
    selector.load(NFT_REG_1),
    mask(4, type.encode(bits)),
    compare(type.encode(0), NFT_CMP.neq),
  ];
  return match(selector, text, expressions);
}

/** `ct direction original` */
export function ctDirection(direction: "original" | "reply"): Statement {
  return {
    text: `ct direction ${direction}`,
    expressions: [
      { name: "ct", key: NFT_CT.DIRECTION, dreg: NFT_REG_1 },
      compare(TYPE.byte.encode(direction === "original" ? 0 : 1)),
    ],
  };
}

/** `fib daddr type local`: the destination is an address of this machine. */
export function fibDaddrType(type: keyof typeof RTN): Statement {
  return fibType("daddr", NFT_FIB.F_DADDR, type);
}

/** `fib saddr type local` */
export function fibSaddrType(type: keyof typeof RTN): Statement {
  return fibType("saddr", NFT_FIB.F_SADDR, type);
}

function fibType(what: string, flags: number, type: keyof typeof RTN): Statement {
  return {
    text: `fib ${what} type ${type}`,
    expressions: [
      { name: "fib", dreg: NFT_REG_1, result: NFT_FIB.RESULT_ADDRTYPE, flags },
      compare(TYPE.hostWord.encode(RTN[type])),
    ],
  };
}

/** `ip daddr . meta l4proto . th dport @services`: the key is in the set. */
export function inSet(selectors: readonly Selector[], set: string): Statement {
  const { text, needs } = keyOf(selectors);
  const lookup: Expression = { name: "lookup", set, sreg: NFT_REG_1 };
  return { text: `${text} @${set}`, needs, expressions: [...loadKey(selectors), lookup] };
}

/** `ip saddr != @allowed`: the key is not in the set. */
export function notInSet(selectors: readonly Selector[], set: string): Statement {
  const { text, needs } = keyOf(selectors);
  const lookup: Expression = { name: "lookup", set, sreg: NFT_REG_1, flags: NFT_LOOKUP_F_INV };
  return { text: `${text} != @${set}`, needs, expressions: [...loadKey(selectors), lookup] };
}
