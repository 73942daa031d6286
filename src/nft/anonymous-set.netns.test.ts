import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import { type Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import {
  accept,
  dnatToOneOf,
  drop,
  gotoOneOf,
  hasAnyBit,
  ip,
  ip6,
  is,
  isInAny,
  isInNone,
  listRules,
  masqueradeFullyRandom,
  meta,
  type NftSet,
  openNft,
  type Statement,
  startsNotWith,
  startsWith,
  Transaction,
  TYPE,
  toggleMarkBits,
  updateSet,
} from "./mod.ts";

let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => openNft());
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The rules of a chain as the nft command prints them. */
function printed(family: "ip" | "ip6", chain: string): string[] {
  const { stdout } = withNetns(netns, () =>
    Bun.spawnSync(["nft", "-n", "list", "chain", family, "t", chain]),
  );
  return stdout
    .toString()
    .split("\n")
    .slice(2, -3)
    .map((line) => line.trim());
}

function target(host: string, port: number): { address: IpAddress; port: number } {
  return { address: address(host), port };
}

interface Case {
  readonly name: string;
  readonly family: "ip" | "ip6";
  readonly statements: readonly Statement[];
  readonly want: string;
}

const CASES: readonly Case[] = [
  {
    name: "dnatToOneOf() of IPv4",
    family: "ip",
    statements: [
      is(meta.l4proto, 6),
      dnatToOneOf([target("10.0.0.1", 80), target("10.0.0.2", 8080)]),
    ],
    want: "meta l4proto 6 dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 8080 }",
  },
  {
    name: "dnatToOneOf() of IPv6",
    family: "ip6",
    statements: [is(meta.l4proto, 17), dnatToOneOf([target("fd00::1", 53)])],
    want: "meta l4proto 17 dnat ip6 to numgen random mod 1 map { 0 : fd00::1 . 53 }",
  },
  {
    name: "gotoOneOf()",
    family: "ip",
    statements: [gotoOneOf(["other", "third"])],
    want: "numgen random mod 2 vmap { 0 : goto other, 1 : goto third }",
  },
  {
    name: "isInNone() of prefixes that overlap and touch",
    family: "ip",
    statements: [
      isInNone(ip.saddr, ["10.0.0.0/9", "10.1.0.0/16", "10.128.0.0/9", "192.0.2.0/24"].map(cidr)),
      drop,
    ],
    want: "ip saddr != { 10.0.0.0/8, 192.0.2.0/24 } drop",
  },
  {
    name: "isInAny() up to the last address",
    family: "ip6",
    statements: [isInAny(ip6.daddr, ["fd00::/64", "ffff::/16"].map(cidr)), accept],
    want: "ip6 daddr { fd00::/64, ffff::/16 } accept",
  },
  {
    name: "marks",
    family: "ip",
    statements: [hasAnyBit(meta.mark, 0x4000), toggleMarkBits(0x4000), masqueradeFullyRandom],
    want: "meta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random",
  },
  {
    name: "startsWith()",
    family: "ip",
    statements: [startsWith(meta.iifname, "veth"), accept],
    want: 'iifname "veth*" accept',
  },
  {
    name: "startsNotWith()",
    family: "ip",
    statements: [startsNotWith(meta.iifname, "cali"), accept],
    want: 'iifname != "cali*" accept',
  },
  {
    name: "updateSet()",
    family: "ip",
    statements: [updateSet("clients", [ip.saddr])],
    want: "update @clients { ip saddr }",
  },
];

describe("statements with sets of their own", () => {
  test.each(CASES)("$name", ({ family, statements, want }) => {
    const table = { family, table: "t" } as const;
    const clients: NftSet = {
      ...table,
      set: "clients",
      key: [family === "ip" ? TYPE.ipv4Addr : TYPE.ipv6Addr],
      isDynamic: true,
      timeoutMs: 10_800_000,
    };
    const change = new Transaction()
      .addTable(table)
      .addSet(clients)
      .addChain({ ...table, chain: "other" })
      .addChain({ ...table, chain: "third" })
      .addChain({ ...table, chain: "c", base: { type: "nat", hook: "postrouting", priority: 100 } })
      .addChain({
        ...table,
        chain: "d",
        base: { type: "nat", hook: "prerouting", priority: -100 },
      });
    const chain = want.includes("masquerade") ? "c" : want.includes("dnat") ? "d" : "third";
    const inChain = want.includes("vmap") ? "c" : chain;
    change.addRule({ ...table, chain: inChain, statements, comment: "x" });
    change.commit(conn);
    expect(printed(family, inChain).at(-1)).toBe(`${want} comment "x"`);
    expect(listRules(conn, { ...table, chain: inChain })).toHaveLength(1);
  });

  test("the transaction's own text is the same for the nft command", () => {
    for (const { family, statements } of CASES.slice(0, 5)) {
      const table = { family, table: "t" } as const;
      const text = new Transaction()
        .addTable(table)
        .addChain({ ...table, chain: "other" })
        .addChain({ ...table, chain: "third" })
        .addChain({ ...table, chain: "d", base: { type: "nat", hook: "output", priority: -100 } })
        .addRule({ ...table, chain: "d", statements })
        .toString();
      const run = withNetns(netns, () =>
        Bun.spawnSync(["nft", "-c", "-f", "-"], { stdin: Buffer.from(text) }),
      );
      expect({ text, stderr: run.stderr.toString() }).toEqual({ text, stderr: "" });
    }
  });

  test("several in one transaction, and in one rule", () => {
    const table = { family: "ip", table: "t" } as const;
    const change = new Transaction().addTable(table).addChain({ ...table, chain: "c" });
    for (let i = 1; i <= 300; i++) {
      change.addRule({
        ...table,
        chain: "c",
        statements: [
          isInAny(ip.saddr, [cidr("10.0.0.0/8"), cidr("192.0.2.0/24")]),
          isInNone(ip.daddr, [cidr(`10.1.${i % 250}.0/24`)]),
          accept,
        ],
      });
    }
    change.commit(conn);
    const rules = printed("ip", "c");
    expect(rules).toHaveLength(300);
    expect(rules[6]).toBe(
      "ip saddr { 10.0.0.0/8, 192.0.2.0/24 } ip daddr != { 10.1.7.0/24 } accept",
    );
  });

  test("a refused rule takes its set with it", () => {
    const table = { family: "ip", table: "t" } as const;
    new Transaction().addTable(table).commit(conn);
    const refused = new Transaction().addRule({
      ...table,
      chain: "missing",
      statements: [gotoOneOf(["missing"])],
    });
    expect(() => refused.commit(conn)).toThrow(NetlinkError);
    new Transaction().deleteTable(table).commit(conn);
  });
});
