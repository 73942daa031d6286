import { describe, expect, test } from "bun:test";
import { Conn, NETLINK } from "../netlink/mod.ts";
import { ackTo, fakeTransport, refuse } from "../netlink/testing/mod.ts";
import { ERRNO, SyscallError } from "../sys/mod.ts";
import {
  accept,
  cutComment,
  dnat,
  drop,
  ip,
  ip6,
  is,
  jump,
  meta,
  type NftSet,
  ports,
  probeNft,
  ruleExpressions,
  sameExpressions,
  Transaction,
  TYPE,
  VERDICT,
  verdictOf,
} from "./mod.ts";
import { commentData, commentOf, UDATA_SET, userData } from "./user-data.ts";

const one = { family: 4, value: 0x0a000001n } as const;
const table = { family: "ip", table: "t" } as const;
const chain = { ...table, chain: "c" } as const;

/** The messages that a transaction sends, in hex and without sequence numbers. */
function sent(transaction: Transaction): string[] {
  const seen: string[] = [];
  const transport = fakeTransport((request) => {
    seen.push(request.bytes.toHex());
    return (request.message.flags & 4) === 0 ? [] : [ackTo(request)];
  });
  transaction.commit(new Conn(transport));
  return seen.map((hex) => `${hex.slice(0, 16)}${hex.slice(32)}`.replace(/.{8}(?=.)/g, "$& "));
}

describe("Transaction", () => {
  test("is one batch; the last change alone is acknowledged", () => {
    const transaction = new Transaction()
      .addTable(table)
      .addRule({ ...chain, statements: [is(ip.saddr, one), drop], comment: "x" });
    expect(sent(transaction)).toEqual([
      "14000000 10000100 0000000a", // batch begin, subsystem 10
      "1c000000 000a0104 02000000 06000100 74000000", // new table of family 2: "t"
      [
        "c0000000 060a050c 02000000", // new rule: request, ack, create, append
        "06000100 74000000 06000200 63000000", // table "t", chain "c"
        "94000480", // expressions
        "34000180 0c000100 7061796c 6f616400 24000280", // "payload"
        "08000100 00000001 08000200 00000001 08000300 0000000c 08000400 00000004",
        "2c000180 08000100 636d7000 20000280", // "cmp"
        "08000100 00000001 08000200 00000000 0c000380 08000100 0a000001",
        "30000180 0e000100 696d6d65 64696174 65000000 1c000280", // "immediate"
        "08000100 00000000 10000280 0c000280 08000100 00000000",
        "08000700 00027800", // user data: a comment of two bytes
      ].join(" "),
      "14000000 11000100 0000000a", // batch end
    ]);
  });

  test("sends nothing where nothing was put in", () => {
    expect(sent(new Transaction())).toEqual([]);
  });

  test("prints nft's language", () => {
    const map: NftSet = {
      ...table,
      set: "m",
      key: [TYPE.ipv4Addr, TYPE.inetService],
      data: "verdict",
    };
    const transaction = new Transaction()
      .addTable({ ...table, comment: 'a "b"' })
      .addChain({
        ...chain,
        base: { type: "nat", hook: "output", priority: -100, policy: "accept" },
      })
      .addSet({ ...map, comment: "m" })
      .addElements(map, [
        { key: [one, 80], data: { code: VERDICT.goto, chain: "c" }, comment: "e" },
      ])
      .addRule({ ...chain, statements: [is(ports("tcp").dport, 80), dnat(one, 8080)] }, "first")
      .deleteRule({ ...chain, handle: 7n })
      .destroyChain({ ...table, chain: "d" })
      .flushSet(map);
    expect(transaction.toString().split("\n")).toEqual([
      'add table ip t { comment "a b" ; }',
      "add chain ip t c { type nat hook output priority -100 ; policy accept ; }",
      'add map ip t m { type ipv4_addr . inet_service : verdict ; comment "m" ; }',
      'add element ip t m { 10.0.0.1 . 80 comment "e" : goto c }',
      "insert rule ip t c tcp dport 80 dnat ip to 10.0.0.1:8080",
      "delete rule ip t c handle 7",
      "add chain ip t d",
      "delete chain ip t d",
      "flush set ip t m",
      "",
    ]);
  });

  test("cuts the words of a refusal short", () => {
    const transport = fakeTransport((request) =>
      request.message.type === 0x0a0c ? [refuse(request, ERRNO.ENOENT)] : [],
    );
    const set: NftSet = { ...table, set: "s", key: [TYPE.inetService] };
    const elements = Array.from({ length: 100 }, (_, i) => ({ key: [i] }));
    const transaction = new Transaction().addElements(set, elements);
    expect(() => transaction.commit(new Conn(transport))).toThrow(
      /^Cannot add element ip t s .{170,180}\.\.\.: ENOENT$/,
    );
  });
});

describe("ruleExpressions()", () => {
  const names = (
    family: "ip" | "inet" | "bridge",
    ...statements: Parameters<typeof ruleExpressions>[1]
  ) =>
    ruleExpressions(family, statements)
      .map((e) => (e.name === "cmp" ? "cmp" : e.name))
      .join(" ");
  test.each([
    ["in ip nothing is needed for an IPv4 address", names("ip", is(ip.saddr, one)), "payload cmp"],
    [
      "in inet the family, once",
      names("inet", is(ip.saddr, one), is(ip.daddr, one)),
      "meta cmp payload cmp payload cmp",
    ],
    ["on a bridge the Ethernet type", names("bridge", is(ip.saddr, one)), "meta cmp payload cmp"],
    ["for ports the protocol", names("ip", is(ports("udp").dport, 53)), "meta cmp payload cmp"],
  ])("%s", (_name, found, want) => expect(found).toBe(want));

  test("refuses a rule that can never match", () => {
    const six = is(ip6.saddr, { family: 6, value: 1n });
    expect(() => ruleExpressions("ip", [six])).toThrow(
      'Cannot match "ip6 saddr ::1": the rule is for IPv4',
    );
    expect(() => ruleExpressions("inet", [is(ip.saddr, one), six])).toThrow(TypeError);
    const both = [is(ports("tcp").dport, 1), is(ports("udp").dport, 1)];
    expect(() => ruleExpressions("ip", both)).toThrow("another transport protocol");
  });

  test("sameExpressions() tells rules apart; verdictOf() gives where they end", () => {
    const a = ruleExpressions("ip", [is(ip.saddr, one), jump("x")]);
    expect(sameExpressions(a, [...a])).toBe(true);
    expect(sameExpressions(a, ruleExpressions("ip", [is(ip.saddr, one), jump("y")]))).toBe(false);
    expect(sameExpressions(a, ruleExpressions("ip", [is(ip.daddr, one), jump("x")]))).toBe(false);
    expect(sameExpressions(a, a.slice(1))).toBe(false);
    expect(verdictOf(a)).toEqual({ code: VERDICT.jump, chain: "x" });
    expect(verdictOf(ruleExpressions("ip", [is(ip.saddr, one)]))).toBeUndefined();
    expect(verdictOf(accept.expressions)).toEqual({ code: VERDICT.accept });
  });
});

describe("values", () => {
  test.each([
    ["an address", TYPE.ipv4Addr, one, "0a000001", "10.0.0.1"],
    [
      "an IPv6 address",
      TYPE.ipv6Addr,
      { family: 6, value: 1n } as const,
      `${"0".repeat(31)}1`,
      "::1",
    ],
    ["a port", TYPE.inetService, 80, "0050", "80"],
    ["a mark, in the machine's order", TYPE.mark, 0x2000, "00200000", "0x00002000"],
    ["a protocol", TYPE.inetProto, 6, "06", "tcp"],
    ["an unnamed protocol", TYPE.inetProto, 200, "c8", "200"],
    ["an interface", TYPE.ifname, "eth0", `65746830${"0".repeat(24)}`, '"eth0"'],
    ["a MAC address", TYPE.etherAddr, "02:00:00:00:00:01", "020000000001", "02:00:00:00:00:01"],
  ])("%s", (_name, type, value, hex, text) => {
    expect(type.encode(value).toHex()).toBe(hex);
    expect(type.decode(Uint8Array.fromHex(hex))).toEqual(value);
    expect(type.print(value)).toBe(text);
  });

  test.each([
    ["an address where a port is", () => TYPE.inetService.encode(one)],
    ["a port where an address is", () => TYPE.ipv4Addr.encode(80)],
    ["the other family", () => TYPE.ipv6Addr.encode(one)],
    ["a port too high", () => TYPE.inetService.encode(65536)],
    ["a name too long", () => meta.iifname.type.encode("a234567890123456")],
    ["no MAC address", () => TYPE.etherAddr.encode("02:00")],
  ])("%s is refused", (_name, call) => expect(call).toThrow(TypeError));
});

describe("comments", () => {
  test("are a NUL-terminated entry that is found among others", () => {
    expect(commentData("ab").toHex()).toBe("0003616200");
    const order = userData(UDATA_SET.KEY_BYTE_ORDER, new Uint8Array(4));
    const both = Buffer.concat([order, commentData("ab", UDATA_SET.COMMENT)]);
    expect(commentOf(both, UDATA_SET.COMMENT)).toBe("ab");
    expect(commentOf(order, UDATA_SET.COMMENT)).toBeUndefined();
    // Somebody else's bytes are no comment.
    expect(commentOf(Uint8Array.fromHex("00ff41"))).toBeUndefined();
  });
  test("are cut at 128 bytes, between characters", () => {
    expect(cutComment("x".repeat(128))).toHaveLength(128);
    expect(cutComment("x".repeat(130))).toHaveLength(128);
    expect(cutComment(`${"x".repeat(127)}é`)).toBe("x".repeat(127));
  });
});

describe("probeNft()", () => {
  test("false where the kernel knows no nftables, or forbids it", () => {
    for (const errno of [ERRNO.EINVAL, ERRNO.EPERM, ERRNO.EACCES]) {
      const transport = fakeTransport((request) => [refuse(request, errno)]);
      expect(probeNft(() => new Conn(transport))).toBe(false);
    }
    const noSocket = new SyscallError(
      "socket",
      ERRNO.EPROTONOSUPPORT,
      `Cannot open ${NETLINK.NETFILTER}`,
    );
    expect(
      probeNft(() => {
        throw noSocket;
      }),
    ).toBe(false);
    expect(() =>
      probeNft(() => {
        throw new TypeError("else");
      }),
    ).toThrow("else");
  });

  test("a lost answer is an error, not a kernel without nftables", () => {
    const lost = fakeTransport((request) => [refuse(request, ERRNO.ENOBUFS)]);
    expect(() => probeNft(() => new Conn(lost))).toThrow("ENOBUFS");
    expect(() =>
      probeNft(() => {
        throw new SyscallError("socket", ERRNO.ENOMEM, "Cannot open a socket");
      }),
    ).toThrow("ENOMEM");
  });
});
