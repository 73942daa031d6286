import { formatAddress, type IpAddress } from "../ip/mod.ts";
import {
  NF_NAT_RANGE,
  NFPROTO,
  NFT_CT,
  NFT_DYNSET_OP,
  NFT_META,
  NFT_NAT,
  NFT_REG_1,
  NFT_REG_2,
  NFT_REG_VERDICT,
  NFT_REJECT,
  VERDICT,
} from "./constants.ts";
import { TYPE } from "./data-type.ts";
import type { Expression, Verdict } from "./expression.ts";
import { keyOf, loadKey, meta, type Selector } from "./selector.ts";

import type { Statement } from "./statement.ts";

/** `ip daddr . meta l4proto . th dport vmap @services`: goes where the map says. */
export function vmap(selectors: readonly Selector[], map: string): Statement {
  const { text, needs } = keyOf(selectors);
  const lookup: Expression = { name: "lookup", set: map, sreg: NFT_REG_1, dreg: NFT_REG_VERDICT };
  return { text: `${text} vmap @${map}`, needs, expressions: [...loadKey(selectors), lookup] };
}

function verdict(text: string, data: Verdict): Statement {
  return { text, expressions: [{ name: "immediate", dreg: NFT_REG_VERDICT, data }] };
}

/** `accept`: for this chain; later base chains still see the packet. */
export const accept: Statement = verdict("accept", { code: VERDICT.accept });
/** `drop`: for good. */
export const drop: Statement = verdict("drop", { code: VERDICT.drop });
/** `return`: on with the chain that jumped here. */
export const returns: Statement = verdict("return", { code: VERDICT.return });
/** `jump CHAIN` */
export function jump(chain: string): Statement {
  return verdict(`jump ${chain}`, { code: VERDICT.jump, chain });
}
/** `goto CHAIN`: as jump, without coming back to the next rule. */
export function goto(chain: string): Statement {
  return verdict(`goto ${chain}`, { code: VERDICT.goto, chain });
}

/** `masquerade`: the source becomes the address of the outgoing interface. */
export const masquerade: Statement = { text: "masquerade", expressions: [{ name: "masq" }] };

/** `masquerade fully-random`: the source port is chosen at random, so that two of them rarely meet. */
export const masqueradeFullyRandom: Statement = {
  text: "masquerade fully-random",
  expressions: [{ name: "masq", flags: NF_NAT_RANGE.PROTO_RANDOM_FULLY }],
};

/** `dnat to 10.0.0.1:80`, for packets of the address's family. */
export function dnat(address: IpAddress, port?: number): Statement {
  return nat("dnat", address, port);
}

/** `snat to 10.0.0.1` */
export function snat(address: IpAddress, port?: number): Statement {
  return nat("snat", address, port);
}

function nat(kind: "dnat" | "snat", address: IpAddress, port: number | undefined): Statement {
  const { family } = address;
  const type = family === 4 ? TYPE.ipv4Addr : TYPE.ipv6Addr;
  const expressions: Expression[] = [
    { name: "immediate", dreg: NFT_REG_1, data: type.encode(address) },
  ];
  if (port !== undefined) {
    const data = TYPE.inetService.encode(port);
    expressions.push({ name: "immediate", dreg: NFT_REG_2, data });
  }
  const ipFamily = family === 4 ? NFPROTO.IPV4 : NFPROTO.IPV6;
  const known = { name: "nat", type: NFT_NAT[kind], family: ipFamily, addrMin: NFT_REG_1 } as const;
  expressions.push(
    port === undefined
      ? known
      : { ...known, protoMin: NFT_REG_2, flags: NF_NAT_RANGE.PROTO_SPECIFIED },
  );
  const ipText = family === 4 ? "ip" : "ip6";
  const host = formatAddress(address);
  const shown = family === 6 && port !== undefined ? `[${host}]` : host;
  const text = `${kind} ${ipText} to ${shown}${port === undefined ? "" : `:${port}`}`;
  return { text, expressions };
}

/** `redirect to :8080`: to this machine itself. */
export function redirect(port: number): Statement {
  const data = TYPE.inetService.encode(port);
  return {
    text: `redirect to :${port}`,
    expressions: [
      { name: "immediate", dreg: NFT_REG_1, data },
      { name: "redir", protoMin: NFT_REG_1, flags: NF_NAT_RANGE.PROTO_SPECIFIED },
    ],
  };
}

/** `meta mark set meta mark | 0x00002000` */
export function setMarkBits(bits: number): Statement {
  return changeMark(`| ${TYPE.mark.print(bits)}`, ~bits >>> 0, bits);
}

/** `meta mark set meta mark ^ 0x00002000` */
export function toggleMarkBits(bits: number): Statement {
  return changeMark(`^ ${TYPE.mark.print(bits)}`, 0xffffffff, bits);
}

function changeMark(text: string, mask: number, xor: number): Statement {
  const { encode } = TYPE.mark;
  return {
    text: `meta mark set meta mark ${text}`,
    expressions: [
      meta.mark.load(NFT_REG_1),
      {
        name: "bitwise",
        sreg: NFT_REG_1,
        dreg: NFT_REG_1,
        len: 4,
        mask: encode(mask),
        xor: encode(xor),
      },
      { name: "meta", key: NFT_META.MARK, sreg: NFT_REG_1 },
    ],
  };
}

/** `update @clients { ip saddr }`: puts the key into a dynamic set, or renews its time there. */
export function updateSet(set: string, selectors: readonly Selector[]): Statement {
  const { text, needs } = keyOf(selectors);
  const update: Expression = { name: "dynset", set, sreg: NFT_REG_1, op: NFT_DYNSET_OP.update };
  return {
    text: `update @${set} { ${text} }`,
    needs,
    expressions: [...loadKey(selectors), update],
  };
}

/** `ct mark set 0x00000005` */
export function setCtMark(mark: number): Statement {
  return {
    text: `ct mark set ${TYPE.mark.print(mark)}`,
    expressions: [
      { name: "immediate", dreg: NFT_REG_1, data: TYPE.mark.encode(mark) },
      { name: "ct", key: NFT_CT.MARK, sreg: NFT_REG_1 },
    ],
  };
}

/** `counter`: of packets and bytes that came this far. */
export const counter: Statement = {
  text: "counter",
  expressions: [{ name: "counter", bytes: 0n, packets: 0n }],
};

/** `limit rate 10/second burst 5 packets`: true while there are fewer. */
export function limit(perSecond: number, burst = 5): Statement {
  return {
    text: `limit rate ${perSecond}/second burst ${burst} packets`,
    expressions: [{ name: "limit", rate: BigInt(perSecond), unit: 1n, burst, type: 0, flags: 0 }],
  };
}

/** `notrack`: connection tracking leaves the packet alone. */
export const notrack: Statement = { text: "notrack", expressions: [{ name: "notrack" }] };

/** `reject`: says "port unreachable" to the sender. */
export const reject: Statement = {
  text: "reject",
  expressions: [
    { name: "reject", type: NFT_REJECT.TYPE_ICMPX, code: NFT_REJECT.ICMPX_PORT_UNREACH },
  ],
};
