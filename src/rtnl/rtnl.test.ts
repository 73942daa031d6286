import { describe, expect, test } from "bun:test";
import { seededRandom } from "../base/testing/mod.ts";
import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import { Conn, NLM_F, NLMSG } from "../netlink/mod.ts";
import { ackTo, answerTo, fakeTransport } from "../netlink/testing/mod.ts";
import {
  addAddress,
  addRule,
  createLink,
  deleteLink,
  deleteRoute,
  listAddresses,
  listLinkCounters,
  listLinks,
  listNeighbours,
  listRoutes,
  listRules,
  replaceNeighbour,
  replaceRoute,
  setBridgePort,
  setLink,
} from "./mod.ts";

function ip(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
const compact = (hex: string): string => hex.replace(/\s+/g, "");

describe("requests", () => {
  // Four bytes a group, four groups a line. Header: length, type and flags, sequence 1, port 0.
  const ROWS: readonly (readonly [string, (conn: Conn) => void, string])[] = [
    [
      "createLink() of a veth",
      (conn) =>
        createLink(conn, {
          kind: "veth",
          name: "v0",
          mtu: 1450,
          masterIndex: 7,
          up: true,
          peer: { name: "eth0", address: "0a:58:0a:c8:00:05" },
        }),
      `78000000 10000506 01000000 00000000
       00000000 00000000 01000000 01000000
       07000300 76300000 08000400 aa050000
       08000a00 07000000 40001280 09000100
       76657468 00000000 30000280 2c000180
       00000000 00000000 00000000 00000000
       09000300 65746830 00000000 0a000100
       0a580ac8 00050000`,
    ],
    [
      "setLink()",
      (conn) => setLink(conn, 5, { up: true, mtu: 1400 }),
      `28000000 10000500 01000000 00000000
       00000000 05000000 01000000 01000000
       08000400 78050000`,
    ],
    [
      "deleteLink() by name",
      (conn) => deleteLink(conn, "cni0"),
      `2c000000 11000500 01000000 00000000
       00000000 00000000 00000000 00000000
       09000300 636e6930 00000000`,
    ],
    [
      "setBridgePort()",
      (conn) => setBridgePort(conn, 5, { hairpin: true }),
      `2c000000 13000500 01000000 00000000
       07000000 05000000 00000000 00000000
       0c000c80 05000400 01000000`,
    ],
    [
      "addAddress() of IPv4",
      (conn) =>
        addAddress(conn, {
          linkIndex: 7,
          address: ip("10.200.0.1"),
          prefixLength: 24,
          broadcast: true,
        }),
      `30000000 14000506 01000000 00000000
       02180000 07000000 08000200 0ac80001
       08000100 0ac80001 08000400 0ac800ff`,
    ],
    [
      "addAddress() of IPv6",
      (conn) =>
        addAddress(conn, { linkIndex: 7, address: ip("fd00::1"), prefixLength: 64, noDad: true }),
      `48000000 14000506 01000000 00000000
       0a400000 07000000 14000200 fd000000
       00000000 00000000 00000001 14000100
       fd000000 00000000 00000000 00000001
       08000800 02000000`,
    ],
    [
      "replaceRoute()",
      (conn) =>
        replaceRoute(conn, {
          destination: cidr("10.200.1.0/24"),
          gateway: ip("10.0.0.3"),
          linkIndex: 2,
          mtu: 1400,
        }),
      `48000000 18000505 01000000 00000000
       02180000 fe040001 00000000 08000100
       0ac80100 08000500 0a000003 08000400
       02000000 08000f00 fe000000 0c000880
       08000200 78050000`,
    ],
    [
      "deleteRoute() of a default route",
      (conn) => deleteRoute(conn, { destination: cidr("0.0.0.0/0") }),
      `24000000 19000500 01000000 00000000
       02000000 fe00ff01 00000000 08000f00
       fe000000`,
    ],
    [
      "replaceNeighbour()",
      (conn) =>
        replaceNeighbour(conn, {
          linkIndex: 3,
          address: ip("10.0.0.9"),
          linkAddress: "02:00:00:00:00:09",
        }),
      `30000000 1c000505 01000000 00000000
       02000000 03000000 80000000 08000100
       0a000009 0a000200 02000000 00090000`,
    ],
    [
      "addRule()",
      (conn) =>
        addRule(conn, { family: 4, table: 1000, priority: 512, source: cidr("10.200.0.0/24") }),
      `34000000 20000506 01000000 00000000
       02001800 00000001 00000000 08000200
       0ac80000 08000600 00020000 08000f00
       e8030000`,
    ],
  ];
  test.each(ROWS)("%s", (_name, call, want) => {
    let sent = "";
    const transport = fakeTransport((request) => {
      sent = request.bytes.toHex();
      return [ackTo(request)];
    });
    call(new Conn(transport));
    expect(sent).toBe(compact(want));
  });
});

/** A kernel that answers every dump with these payloads of NEW messages. */
function kernelWith(type: number, ...payloads: readonly Uint8Array[]): Conn {
  const transport = fakeTransport((request) => [
    ...payloads.map((payload) => answerTo(request, type, NLM_F.MULTI, (e) => e.bytes(payload))),
    answerTo(request, NLMSG.DONE, NLM_F.MULTI, (e) => e.i32(0)),
  ]);
  return new Conn(transport);
}
const bytes = (hex: string): Uint8Array => Uint8Array.fromHex(compact(hex));

/** What Linux 6.18 sends, seen with strace; the link shortened to what is read. */
const LINK = bytes(`
  00000100 06000000 43100100 00000000 07000300 76300000 08000400 78050000
  08000d00 e8030000
  05001000 06000000 0a000100 0a580ac8 00050000 08000a00 04000000 08000500
  05000000 08002500 00000000 1c001280 09000100 76657468 00000000 0c000400
  62726964 67650000`);
const ADDRESS = bytes(`
  02188000 02000000 08000100 0a000002 08000200 0a000002 08000300 62723000
  08000800 80000000 14000600 ffffffff ffffffff 7aec0400 7aec0400`);
const DEFAULT_ROUTE = bytes(`
  02000000 fe030001 00000000 08000f00 fe000000 08000600 07000000 08000500
  0a000001 08000400 02000000`);
const MULTIPATH_ROUTE = bytes(`
  02100000 fe030001 00000000 08000f00 fe000000 08000100 0a070000 24000900
  10000001 02000000 08000500 0a000003 10000000 02000000 08000500 0a000004`);
const NEIGHBOUR = bytes(`
  02000000 02000000 80000001 08000100 0a000009 0a000200 02000000 00090000
  08000400 00000000 14000300 09000000 09000000 09000000 00000000`);
/** struct rtnl_link_stats64 of a link, of which all after the first eight numbers is zero. */
const counters = (index: string, first: string): Uint8Array =>
  bytes(`00000100 ${index} 43100100 00000000 cc001700 ${first} ${"00".repeat(136)}`);
const ETH0_COUNTERS = counters(
  "04000000",
  `1c600100 00000000 a5e60000 00000000 3bc5dbe2 00000000 dd975900 00000000
   00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000`,
);
const LO_COUNTERS = counters(
  "01000000",
  `12c31200 00000000 12c31200 00000000 53dcbf2c 00000000 53dcbf2c 00000000
   00000000 00000000 00000000 00000000 17000000 00000000 00000000 00000000`,
);
const RULE = bytes(`
  02001800 00000001 00000000 08000f00 e8030000 08000600 00020000 08000a00
  00400000 08000200 0ac80000`);
const OTHER_FAMILY = bytes("07000000 00000000 00000000 00000000");

describe("answers", () => {
  test("listLinks()", () => {
    expect(listLinks(kernelWith(16, LINK))).toEqual([
      {
        index: 6,
        name: "v0",
        kind: "veth",
        portKind: "bridge",
        address: "0a:58:0a:c8:00:05",
        mtu: 1400,
        flags: 0x11043,
        isUp: true,
        operState: "up",
        txQueueLength: 1000,
        masterIndex: 4,
        parentIndex: 5,
        parentNetnsId: 0,
      },
    ]);
  });

  test("listLinkCounters()", () => {
    // LINK has none: the kernel was asked to leave them out.
    expect(listLinkCounters(kernelWith(16, ETH0_COUNTERS, LO_COUNTERS, LINK))).toEqual([
      {
        linkIndex: 4,
        received: { packets: 90_140, bytes: 3_806_053_691, errors: 0, dropped: 0 },
        sent: { packets: 59_045, bytes: 5_871_581, errors: 0, dropped: 0 },
      },
      {
        linkIndex: 1,
        received: { packets: 1_229_586, bytes: 750_771_283, errors: 0, dropped: 23 },
        sent: { packets: 1_229_586, bytes: 750_771_283, errors: 0, dropped: 0 },
      },
    ]);
  });

  test("listAddresses()", () => {
    expect(listAddresses(kernelWith(20, ADDRESS, OTHER_FAMILY))).toEqual([
      {
        linkIndex: 2,
        address: ip("10.0.0.2"),
        prefixLength: 24,
        scope: 0,
        label: "br0",
        isSecondary: false,
        isTentative: false,
        isDuplicate: false,
        isPermanent: true,
      },
    ]);
    expect(listAddresses(kernelWith(20, ADDRESS), { linkIndex: 3 })).toEqual([]);
  });

  test("listRoutes()", () => {
    const conn = kernelWith(24, DEFAULT_ROUTE, MULTIPATH_ROUTE, OTHER_FAMILY);
    const common = { table: 254, protocol: 3, scope: 0, type: "unicast", isOnlink: false } as const;
    expect(listRoutes(conn)).toEqual([
      {
        destination: cidr("0.0.0.0/0"),
        gateway: ip("10.0.0.1"),
        linkIndex: 2,
        priority: 7,
        nexthops: [],
        ...common,
      },
      {
        destination: cidr("10.7.0.0/16"),
        priority: 0,
        nexthops: [
          { linkIndex: 2, gateway: ip("10.0.0.3"), weight: 2 },
          { linkIndex: 2, gateway: ip("10.0.0.4"), weight: 1 },
        ],
        ...common,
      },
    ]);
    expect(listRoutes(conn, { linkIndex: 2 })).toHaveLength(2);
    expect(listRoutes(conn, { linkIndex: 3 })).toEqual([]);
    expect(listRoutes(conn, { table: 1000 })).toEqual([]);
  });

  test("listNeighbours()", () => {
    expect(listNeighbours(kernelWith(28, NEIGHBOUR, OTHER_FAMILY))).toEqual([
      {
        linkIndex: 2,
        address: ip("10.0.0.9"),
        linkAddress: "02:00:00:00:00:09",
        isPermanent: true,
        isFailed: false,
      },
    ]);
  });

  test("listRules()", () => {
    expect(listRules(kernelWith(32, RULE, OTHER_FAMILY))).toEqual([
      {
        family: 4,
        table: 1000,
        priority: 512,
        isLookup: true,
        fwmark: 0x4000,
        source: cidr("10.200.0.0/24"),
      },
    ]);
  });

  test("mutated answers are decoded or refused as EBADMSG, nothing else", () => {
    const random = seededRandom(0x12345678);
    const lists: readonly (readonly [number, Uint8Array, (conn: Conn) => readonly unknown[]])[] = [
      [16, LINK, listLinks],
      [16, LO_COUNTERS, listLinkCounters],
      [20, ADDRESS, listAddresses],
      [24, MULTIPATH_ROUTE, listRoutes],
      [28, NEIGHBOUR, listNeighbours],
      [32, RULE, listRules],
    ];
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      for (const [type, whole, list] of lists) {
        const mutated = whole.slice(0, random(4) === 0 ? random(whole.length + 1) : whole.length);
        for (let i = random(4); i > 0 && mutated.length > 0; i--) {
          mutated[random(mutated.length)] = random(256);
        }
        try {
          list(kernelWith(type, mutated));
        } catch (thrown) {
          expect(thrown).toMatchObject({ kind: "netlink", code: "EBADMSG" });
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
