import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import { type Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import {
  accept,
  changeNft,
  counter,
  ct,
  ctDirection,
  ctState,
  ctStatus,
  dnat,
  dnatTarget,
  drop,
  ether,
  fibDaddrType,
  fibSaddrType,
  findChain,
  goto,
  hasBits,
  hasTable,
  inSet,
  ip,
  ip6,
  is,
  isIn,
  isNot,
  isNotIn,
  jump,
  limit,
  listChains,
  listElements,
  listRules,
  listTables,
  masquerade,
  matchedValue,
  meta,
  type NftSet,
  notInSet,
  notrack,
  openNft,
  ports,
  probeNft,
  redirect,
  reject,
  returns,
  ruleExpressions,
  type Statement,
  sameExpressions,
  setCtMark,
  setMarkBits,
  snat,
  Transaction,
  TYPE,
  th,
  VERDICT,
  verdictOf,
  vmap,
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
/** What the real nft command says in the namespace. */
function nft(args: readonly string[], input = ""): string {
  const { stdout, stderr, exitCode } = withNetns(netns, () =>
    Bun.spawnSync(["nft", ...args], { stdin: Buffer.from(input) }),
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

const table = { family: "inet", table: "t" } as const;
const chain = { ...table, chain: "c" } as const;
const services: NftSet = {
  ...table,
  set: "services",
  key: [TYPE.ipv4Addr, TYPE.inetProto, TYPE.inetService],
  data: "verdict",
};
const serviceKey = [ip.daddr, meta.l4proto, th.dport];

describe("rules as the nft command shows them", () => {
  const rows: readonly [name: string, statements: readonly Statement[], shown: string][] = [
    ["addresses", [is(ip.saddr, address("10.0.0.1")), accept], "ip saddr 10.0.0.1 accept"],
    ["not", [isNot(ip.daddr, address("10.0.0.1")), drop], "ip daddr != 10.0.0.1 drop"],
    ["prefixes", [isIn(ip.saddr, cidr("10.1.0.0/17")), drop], "ip saddr 10.1.0.0/17 drop"],
    [
      "two families of prefix lengths",
      [isIn(ip.saddr, cidr("10.1.0.0/24")), isNotIn(ip.daddr, cidr("10.1.0.7/32")), returns],
      "ip saddr 10.1.0.0/24 ip daddr != 10.1.0.7 return",
    ],
    [
      "IPv6",
      [is(ip6.saddr, address("fd00::1")), isNotIn(ip6.daddr, cidr("fd00:1::/63")), masquerade],
      "ip6 saddr fd00::1 ip6 daddr != fd00:1::/63 masquerade",
    ],
    [
      "interfaces",
      [is(meta.iifname, "cni0"), isNot(meta.oifname, "a23456789012345"), jump("d")],
      'iifname "cni0" oifname != "a23456789012345" jump d',
    ],
    ["ports", [is(ports("tcp").dport, 80), goto("d")], "tcp dport 80 goto d"],
    ["ports of UDP", [is(ports("udp").sport, 53), accept], "udp sport 53 accept"],
    ["ports of SCTP", [is(ports("sctp").dport, 9), accept], "sctp dport 9 accept"],
    ["protocols", [is(meta.l4proto, 6), is(th.dport, 80)], "tcp dport 80"],
    ["marks", [is(meta.mark, 5), accept], "meta mark 0x00000005 accept"],
    [
      "mark bits",
      [hasBits(meta.mark, 0x2000), setMarkBits(0x4000), setCtMark(7)],
      "meta mark & 0x00002000 == 0x00002000 meta mark set meta mark | 0x00004000 ct mark set 0x00000007",
    ],
    ["state", [ctState("established", "related"), accept], "ct state established,related accept"],
    ["status", [ctStatus("dnat"), ctDirection("original")], "ct status dnat ct direction original"],
    [
      "the original destination",
      [is(ct.originalIpDaddr, address("192.0.2.1")), accept],
      "ct original ip daddr 192.0.2.1 accept",
    ],
    [
      "fib",
      [fibDaddrType("local"), fibSaddrType("unicast")],
      "fib daddr type local fib saddr type unicast",
    ],
    [
      "counters and limits",
      [limit(5, 7), counter],
      "limit rate 5/second burst 7 packets counter packets 0 bytes 0",
    ],
    [
      "sets",
      [notInSet([ip.saddr], "known"), inSet([ip.daddr], "known")],
      "ip saddr != @known ip daddr @known",
    ],
    [
      "verdict maps of several fields",
      [vmap(serviceKey, "services")],
      "ip daddr . meta l4proto . th dport vmap @services",
    ],
  ];

  function prepare(): Transaction {
    return new Transaction()
      .addTable(table)
      .addSet(services)
      .addSet({ ...table, set: "known", key: [TYPE.ipv4Addr] })
      .addChain({ ...table, chain: "d" })
      .addChain({ ...chain, base: { type: "nat", hook: "postrouting", priority: 100 } });
  }

  test.each(rows)("%s", (_name, statements, shown) => {
    const rule = { ...chain, statements, comment: "why: x, y" };
    prepare().addRule(rule).commit(conn);
    expect(nft(["list", "chain", "inet", "t", "c"])).toContain(
      `\t\t${shown} comment "why: x, y"\n`,
    );
    const [listed] = listRules(conn, chain);
    expect(listed?.comment).toBe("why: x, y");
    const written = ruleExpressions("inet", statements);
    expect(sameExpressions(listed?.expressions ?? [], written)).toBe(true);
    expect(sameExpressions(listed?.expressions ?? [], [...written, ...drop.expressions])).toBe(
      false,
    );
    // And the same from nft's own pen, from our text of it.
    const text = new Transaction().addRule(rule, "last").toString();
    nft(["-f", "-"], `flush chain inet t c\n${text}`);
    expect(nft(["list", "chain", "inet", "t", "c"])).toContain(
      `\t\t${shown} comment "why: x, y"\n`,
    );
  });

  test.each<[name: string, statements: readonly Statement[], shown: string]>([
    [
      "dnat",
      [is(ports("tcp").dport, 8080), dnat(address("10.0.0.2"), 80)],
      "tcp dport 8080 dnat ip to 10.0.0.2:80",
    ],
    ["dnat without a port", [dnat(address("10.0.0.2"))], "dnat ip to 10.0.0.2"],
    [
      "dnat of IPv6",
      [is(ports("udp").dport, 53), dnat(address("fd00::2"), 5353)],
      "udp dport 53 dnat ip6 to [fd00::2]:5353",
    ],
    ["redirect", [is(ports("tcp").dport, 80), redirect(8080)], "tcp dport 80 redirect to :8080"],
  ])("in prerouting: %s", (_name, statements, shown) => {
    new Transaction()
      .addTable(table)
      .addChain({ ...chain, base: { type: "nat", hook: "prerouting", priority: -100 } })
      .addRule({ ...chain, statements })
      .commit(conn);
    expect(nft(["list", "chain", "inet", "t", "c"])).toContain(`\t\t${shown}\n`);
    const [listed] = listRules(conn, chain);
    const written = ruleExpressions("inet", statements);
    expect(sameExpressions(listed?.expressions ?? [], written)).toBe(true);
  });

  test("snat, notrack, reject, and the Ethernet source on a bridge", () => {
    const raw = { ...chain, chain: "raw" };
    const nat = { family: "bridge", table: "nat", chain: "PREROUTING" } as const;
    prepare()
      .addRule({ ...chain, statements: [snat(address("192.0.2.9"))] })
      .addChain({ ...raw, base: { type: "filter", hook: "prerouting", priority: -300 } })
      .addRule({ ...raw, statements: [notrack] })
      .addChain({ ...table, chain: "f" })
      .addRule({ ...table, chain: "f", statements: [reject] })
      .addTable(nat)
      .addChain({ ...nat, base: { type: "filter", hook: "prerouting", priority: -300 } })
      .addRule({ ...nat, statements: [is(ether.saddr, "02:00:00:00:00:01"), returns] })
      .addRule({ ...nat, statements: [is(ip.saddr, address("10.0.0.1")), drop] })
      .commit(conn);
    const ruleset = nft(["list", "ruleset"]);
    expect(ruleset).toContain("snat ip to 192.0.2.9\n");
    expect(ruleset).toContain("notrack\n");
    expect(ruleset).toContain("reject\n");
    expect(ruleset).toContain("ether saddr 02:00:00:00:00:01 return\n");
    expect(ruleset).toContain("ip saddr 10.0.0.1 drop\n");
  });
});

describe("Transaction", () => {
  const base = { type: "filter", hook: "forward", priority: -5, policy: "drop" } as const;

  test("makes tables and chains with comments; adding again changes nothing", () => {
    const make = (): void =>
      new Transaction()
        .addTable({ ...table, comment: "a table" })
        .addChain({ ...chain, base })
        .addChain({ ...table, chain: "d", comment: "a chain" })
        .commit(conn);
    make();
    make();
    expect(nft(["list", "ruleset"])).toBe(
      [
        "table inet t {",
        '\tcomment "a table"',
        "\tchain c {",
        "\t\ttype filter hook forward priority filter - 5; policy drop;",
        "\t}",
        "",
        "\tchain d {",
        '\t\tcomment "a chain"',
        "\t}",
        "}",
        "",
      ].join("\n"),
    );
    expect(listTables(conn)).toEqual([table]);
    expect(listTables(conn, "ip6")).toEqual([]);
    expect(hasTable(conn, table)).toBe(true);
    expect(hasTable(conn, { ...table, table: "u" })).toBe(false);
    expect(findChain(conn, chain)).toMatchObject({ ...chain, base });
    expect(findChain(conn, { ...chain, chain: "x" })).toBeUndefined();
    expect(findChain(conn, { ...chain, table: "x" })).toBeUndefined();
    const names = listChains(conn, table).map((one) => [one.chain, one.comment]);
    expect(names).toEqual([
      ["c", undefined],
      ["d", "a chain"],
    ]);
  });

  test("its text is what nft itself takes, with the same outcome", () => {
    const transaction = new Transaction()
      .addTable({ ...table, comment: "a table" })
      .addChain({ ...table, chain: "d", comment: "a chain" })
      .addChain({ ...chain, base })
      .addSet(services)
      .addSet({ ...table, set: "nets", key: [TYPE.ipv4Addr], isInterval: true, comment: "nets" })
      .addSet({ ...table, set: "times", key: [TYPE.ipv6Addr], timeoutMs: 60_000 })
      .addRule({ ...chain, statements: [accept] })
      .addRule({ ...chain, statements: [vmap(serviceKey, "services")], comment: "c" }, "first")
      .addElements(services, [
        {
          key: [address("10.0.0.1"), 6, 80],
          data: { code: VERDICT.goto, chain: "d" },
        },
      ]);
    transaction.commit(conn);
    const ours = nft(["list", "ruleset"]);
    nft(["flush", "ruleset"]);
    nft(["-f", "-"], transaction.toString());
    expect(nft(["list", "ruleset"])).toBe(ours);
    expect(ours).toContain('vmap @services comment "c"\n\t\taccept\n');
  });

  test("all or nothing; the refusal names the change and has the kernel's errno", () => {
    const missing = { ...chain, chain: "missing" };
    const thrown = thrownBy(() =>
      new Transaction()
        .addTable(table)
        .addRule({ ...missing, statements: [accept] })
        .addChain(chain)
        .commit(conn),
    );
    expect(thrown).toBeInstanceOf(NetlinkError);
    expect(thrown).toMatchObject({ code: "ENOENT" });
    expect(String(thrown)).toContain("Cannot add rule inet t missing accept: ENOENT");
    expect(listTables(conn)).toEqual([]);
    // The connection goes on: what was left of the refusal does not matter.
    new Transaction().addTable(table).commit(conn);
    expect(listTables(conn)).toEqual([table]);
  });

  test("destroys what may not be there, deletes rules by handle, flushes chains", () => {
    new Transaction().destroyTable(table).commit(conn);
    expect(listTables(conn)).toEqual([]);
    new Transaction()
      .addTable(table)
      .addChain(chain)
      .addRule({ ...chain, statements: [accept], comment: "one" })
      .addRule({ ...chain, statements: [accept], comment: "two" })
      .destroyChain({ ...chain, chain: "gone" })
      .commit(conn);
    const rules = listRules(conn, table);
    const one = rules.find((rule) => rule.comment === "one");
    if (one === undefined) throw new Error("the rule is missing");
    new Transaction().deleteRule(one).commit(conn);
    expect(listRules(conn, chain).map((rule) => rule.comment)).toEqual(["two"]);
    expect(thrownBy(() => new Transaction().deleteRule(one).commit(conn))).toMatchObject({
      code: "ENOENT",
    });
    new Transaction().flushChain(chain).commit(conn);
    expect(listRules(conn, chain)).toEqual([]);
    new Transaction().destroyChain(chain).commit(conn);
    expect(listChains(conn, table)).toEqual([]);
    expect(listRules(conn, chain)).toEqual([]);
  });

  test("changeNft() plans anew where somebody else was faster, and gives up in the end", () => {
    new Transaction().addTable(table).addChain(chain).commit(conn);
    new Transaction().addRule({ ...chain, statements: [accept] }).commit(conn);
    let plans = 0;
    changeNft(conn, () => {
      const rules = listRules(conn, chain);
      if (plans++ === 0) nft(["flush", "chain", "inet", "t", "c"]);
      const transaction = new Transaction();
      for (const rule of rules) transaction.deleteRule(rule);
      return transaction;
    });
    expect(plans).toBe(2);
    plans = 0;
    const gone = { ...chain, handle: 999n };
    const change = () => {
      plans++;
      return new Transaction().deleteRule(gone);
    };
    expect(thrownBy(() => changeNft(conn, change))).toMatchObject({ code: "ENOENT" });
    expect(plans).toBe(5);
  });

  test("a tag stays with a rule and does not show", () => {
    new Transaction()
      .addTable(table)
      .addChain(chain)
      .addRule({ ...chain, statements: [accept], comment: "c", tag: "t" })
      .addRule({ ...chain, statements: [drop], tag: "u" })
      .commit(conn);
    expect(listRules(conn, chain).map(({ comment, tag }) => [comment, tag])).toEqual([
      ["c", "t"],
      [undefined, "u"],
    ]);
    expect(nft(["list", "chain", "inet", "t", "c"])).toContain(
      '\t\taccept comment "c"\n\t\tdrop\n',
    );
    expect(nft(["-j", "list", "ruleset"])).toContain('"comment": "c"');
  });

  test("many messages in one", () => {
    const transaction = new Transaction().addTable(table).addChain(chain);
    for (let i = 0; i < 500; i++) {
      transaction.addRule({ ...chain, statements: [is(meta.mark, i), returns], comment: `${i}` });
    }
    transaction.commit(conn);
    const rules = listRules(conn, chain);
    expect(rules.map((rule) => rule.comment)).toEqual(
      Array.from({ length: 500 }, (_, i) => `${i}`),
    );
    expect(verdictOf(rules[0]?.expressions ?? [])).toEqual({ code: VERDICT.return });
  });
});

describe("sets", () => {
  test("elements of maps go in, are shown, read and deleted", () => {
    const to: NftSet = {
      ...table,
      set: "to",
      key: [TYPE.mark],
      data: [TYPE.ipv4Addr, TYPE.inetService],
    };
    const elements = [
      { key: [1], data: [address("10.0.0.1"), 80], comment: "one" },
      { key: [2], data: [address("10.0.0.2"), 81] },
    ];
    const jumps = [
      { key: [address("10.0.0.1"), 6, 80], data: { code: VERDICT.jump, chain: "c" } },
      { key: [address("10.0.0.1"), 17, 53], data: { code: VERDICT.drop } },
    ];
    new Transaction()
      .addTable(table)
      .addChain(chain)
      .addSet(to)
      .addSet(services)
      .addElements(to, elements)
      .addElements(services, jumps)
      .commit(conn);
    const shown = nft(["list", "ruleset"]);
    expect(shown).toContain('0x00000001 comment "one" : 10.0.0.1 . 80');
    expect(shown).toContain("10.0.0.1 . tcp . 80 : jump c");
    const byMark = listElements(conn, to).toSorted((a, b) => Number(a.key[0]) - Number(b.key[0]));
    expect(byMark).toEqual(elements);
    expect(listElements(conn, services)).toHaveLength(2);
    expect(listElements(conn, services)).toEqual(expect.arrayContaining(jumps));
    new Transaction()
      .deleteElements(to, [{ key: [1] }])
      .flushSet(services)
      .commit(conn);
    expect(listElements(conn, to)).toEqual(elements.slice(1));
    expect(listElements(conn, services)).toEqual([]);
    new Transaction().deleteSet(services).commit(conn);
    expect(listElements(conn, services)).toEqual([]);
    expect(thrownBy(() => new Transaction().deleteSet(services).commit(conn))).toMatchObject({
      code: "ENOENT",
    });
  });

  test("intervals, of one field and of several", () => {
    const nets: NftSet = { ...table, set: "nets", key: [TYPE.ipv4Addr], isInterval: true };
    const both: NftSet = {
      ...table,
      set: "both",
      key: [TYPE.ipv4Addr, TYPE.inetService],
      isInterval: true,
    };
    new Transaction()
      .addTable(table)
      .addSet(nets)
      .addSet(both)
      .addElements(nets, [
        { key: [address("10.0.0.0")], keyEnd: [address("10.255.255.255")] },
        { key: [address("192.168.1.1")], keyEnd: [address("192.168.1.9")] },
        { key: [address("224.0.0.0")], keyEnd: [address("255.255.255.255")] },
      ])
      .addElements(both, [
        { key: [address("10.0.0.0"), 80], keyEnd: [address("10.255.255.255"), 90] },
      ])
      .commit(conn);
    const shown = nft(["list", "ruleset"]).replace(/\s+/g, " ");
    expect(shown).toContain("elements = { 10.0.0.0/8, 192.168.1.1-192.168.1.9, 224.0.0.0/3 }");
    expect(shown).toContain("elements = { 10.0.0.0/8 . 80-90 }");
  });

  test("many thousands of elements in one transaction", () => {
    const many: NftSet = { ...table, set: "many", key: [TYPE.ipv4Addr] };
    const elements = Array.from({ length: 20_000 }, (_, i) => ({
      key: [{ family: 4, value: BigInt(0x0a000000 + i) } as const],
    }));
    new Transaction().addTable(table).addSet(many).addElements(many, elements).commit(conn);
    expect(listElements(conn, many)).toHaveLength(20_000);
  });
});

describe("what the nft command wrote", () => {
  test("is read back", () => {
    nft(
      ["-f", "-"],
      `table ip x {
        chain p { type nat hook prerouting priority dstnat; policy accept;
          tcp dport 8080 dnat to 10.0.0.2:80 comment "abc"
          log prefix "x"
        }
      }
`,
    );
    const [first, second] = listRules(conn, { family: "ip", table: "x", chain: "p" });
    expect(first?.comment).toBe("abc");
    const same = [is(ports("tcp").dport, 8080), dnat(address("10.0.0.2"), 80)];
    expect(sameExpressions(first?.expressions ?? [], ruleExpressions("ip", same))).toBe(true);
    expect(matchedValue(first?.expressions ?? [], ports("tcp").dport)).toBe(8080);
    expect(matchedValue(first?.expressions ?? [], meta.l4proto)).toBe(6);
    expect(matchedValue(first?.expressions ?? [], ip.daddr)).toBeUndefined();
    expect(dnatTarget(first?.expressions ?? [])).toEqual({
      address: address("10.0.0.2"),
      port: 80,
    });
    expect(dnatTarget(second?.expressions ?? [])).toBeUndefined();
    expect(second?.expressions).toEqual([{ name: "other", kernelName: "log" }]);
  });

  test("probeNft() sees that nftables is there, and leaves nothing behind", () => {
    expect(withNetns(netns, () => probeNft())).toBe(true);
    expect(nft(["list", "ruleset"])).toBe("");
  });
});
