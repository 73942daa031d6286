import { IPPROTO, NFT_CT, NFT_META, NFT_PAYLOAD, NFT_REG_1, NFT_REG32_00 } from "./constants.ts";
import { type DataType, TYPE } from "./data-type.ts";
import type { Expression } from "./expression.ts";

/** What must be known of a packet before it can be read this way. */
export interface Needs {
  readonly network?: 4 | 6;
  /** A number of IPPROTO. */
  readonly transport?: number;
}

/** A part of a packet, or something that is known about it, as nft names it: `ip saddr`. */
export interface Selector {
  readonly text: string;
  readonly type: DataType;
  readonly needs?: Needs;
  /** The expression that loads it into a register. */
  load(register: number): Expression;
}

type MetaKey = (typeof NFT_META)[keyof typeof NFT_META];

function metaSelector(text: string, key: MetaKey, type: DataType): Selector {
  return { text, type, load: (dreg) => ({ name: "meta", key, dreg }) };
}

function payloadSelector(
  text: string,
  type: DataType,
  at: { readonly base: number; readonly offset: number; readonly needs?: Needs },
): Selector {
  const { base, offset, needs } = at;
  return {
    text,
    type,
    ...(needs === undefined ? {} : { needs }),
    load: (dreg) => ({ name: "payload", dreg, base, offset, len: type.sizeBytes }),
  };
}

/** What the kernel knows about a packet beside its bytes. */
export const meta = {
  iifname: metaSelector("iifname", NFT_META.IIFNAME, TYPE.ifname),
  oifname: metaSelector("oifname", NFT_META.OIFNAME, TYPE.ifname),
  l4proto: metaSelector("meta l4proto", NFT_META.L4PROTO, TYPE.inetProto),
  mark: metaSelector("meta mark", NFT_META.MARK, TYPE.mark),
} as const;

const inIp = { base: NFT_PAYLOAD.NETWORK, needs: { network: 4 } } as const;
/** The IPv4 header. */
export const ip = {
  saddr: payloadSelector("ip saddr", TYPE.ipv4Addr, { ...inIp, offset: 12 }),
  daddr: payloadSelector("ip daddr", TYPE.ipv4Addr, { ...inIp, offset: 16 }),
} as const;

const inIp6 = { base: NFT_PAYLOAD.NETWORK, needs: { network: 6 } } as const;
/** The IPv6 header. */
export const ip6 = {
  saddr: payloadSelector("ip6 saddr", TYPE.ipv6Addr, { ...inIp6, offset: 8 }),
  daddr: payloadSelector("ip6 daddr", TYPE.ipv6Addr, { ...inIp6, offset: 24 }),
} as const;

/** The addresses of a family's header. */
export function addressSelectors(family: 4 | 6): typeof ip | typeof ip6 {
  return family === 4 ? ip : ip6;
}

/** The Ethernet header. */
export const ether = {
  saddr: payloadSelector("ether saddr", TYPE.etherAddr, { base: NFT_PAYLOAD.LINK, offset: 6 }),
} as const;

/** The ports of any transport protocol that has them where TCP has. */
export const th = {
  sport: payloadSelector("th sport", TYPE.inetService, { base: NFT_PAYLOAD.TRANSPORT, offset: 0 }),
  dport: payloadSelector("th dport", TYPE.inetService, { base: NFT_PAYLOAD.TRANSPORT, offset: 2 }),
} as const;

/** The ports of one transport protocol: `tcp dport`. */
export function ports(
  protocol: "tcp" | "udp" | "sctp",
): Readonly<Record<"sport" | "dport", Selector>> {
  const at = { base: NFT_PAYLOAD.TRANSPORT, needs: { transport: IPPROTO[protocol] } } as const;
  return {
    sport: payloadSelector(`${protocol} sport`, TYPE.inetService, { ...at, offset: 0 }),
    dport: payloadSelector(`${protocol} dport`, TYPE.inetService, { ...at, offset: 2 }),
  };
}

function ctSelector(text: string, key: number, type: DataType, direction?: 0 | 1): Selector {
  return {
    text,
    type,
    load: (dreg) => ({ name: "ct", key, dreg, ...(direction === undefined ? {} : { direction }) }),
  };
}

/** What connection tracking knows of a packet's connection. */
export const ct = {
  state: ctSelector("ct state", NFT_CT.STATE, TYPE.hostWord),
  status: ctSelector("ct status", NFT_CT.STATUS, TYPE.hostWord),
  mark: ctSelector("ct mark", NFT_CT.MARK, TYPE.mark),
  /** Of the connection's first packet, before any translation. */
  originalIpDaddr: ctSelector("ct original ip daddr", NFT_CT.DST_IP, TYPE.ipv4Addr, 0),
  originalIp6Daddr: ctSelector("ct original ip6 daddr", NFT_CT.DST_IP6, TYPE.ipv6Addr, 0),
  originalProtoDst: ctSelector("ct original proto-dst", NFT_CT.PROTO_DST, TYPE.inetService, 0),
} as const;

/** Loads several selectors one after the other from register 1, as sets of several fields want it. */
export function loadKey(selectors: readonly Selector[]): Expression[] {
  let words = 0;
  return selectors.map((selector) => {
    // As nft numbers them: the first of four words is register 1.
    const register = words === 0 ? NFT_REG_1 : NFT_REG32_00 + words;
    words += Math.ceil(selector.type.sizeBytes / 4);
    return selector.load(register);
  });
}

/** The text of several selectors together, and all that they need. */
export function keyOf(selectors: readonly Selector[]): {
  readonly text: string;
  readonly needs: Needs;
} {
  const needs: Needs = Object.assign({}, ...selectors.map((selector) => selector.needs));
  return { text: selectors.map((selector) => selector.text).join(" . "), needs };
}
