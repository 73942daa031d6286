import { afterEach, beforeEach, expect, test } from "bun:test";
import { formatAddress, type IpAddress, parseAddress } from "../ip/mod.ts";
import { Conn, NETLINK } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import { dnat, is, openNft, ports, Transaction } from "../nft/mod.ts";
import { setLink } from "../rtnl/mod.ts";
import { deleteConntrack, listConntrack } from "./mod.ts";

const UDP = 17;
let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => Conn.open(NETLINK.NETFILTER));
  withNetns(netns, () => {
    using rtnl = Conn.open();
    setLink(rtnl, "lo", { up: true });
  });
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

/** Connections are tracked where a rule wants to know of them. */
function track(family: "ip" | "ip6", to: string): void {
  const chain = { family, table: "t", chain: "output" } as const;
  using nft = withNetns(netns, () => openNft());
  new Transaction()
    .addTable({ family, table: "t" })
    .addChain({ ...chain, base: { type: "nat", hook: "output", priority: -100 } })
    .addRule({ ...chain, statements: [is(ports("udp").dport, 5353), dnat(address(to), 53)] })
    .commit(nft);
}

/** A datagram to each of these ports, from a program inside of the namespace. */
function send(to: string, ...toPorts: readonly number[]): void {
  const script = toPorts.map((port) => `echo x > /dev/udp/${to}/${port}`).join("; ");
  const child = withNetns(netns, () => Bun.spawnSync(["bash", "-c", script]));
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
}
const portsOf = (family: 4 | 6): number[] =>
  listConntrack(conn, { family })
    .map((entry) => entry.original.destinationPort ?? 0)
    .sort();

test("lists connections with both directions, before and after translation", () => {
  track("ip", "127.0.0.7");
  send("127.0.0.1", 5353, 9);
  const [entry, ...others] = listConntrack(conn, {
    family: 4,
    original: { protocol: UDP, destinationPort: 5353 },
  });
  expect(others).toEqual([]);
  expect(entry?.original).toMatchObject({ protocol: UDP, destinationPort: 5353 });
  expect(formatAddress(entry?.original.destination ?? address("::"))).toBe("127.0.0.1");
  expect(formatAddress(entry?.reply.source ?? address("::"))).toBe("127.0.0.7");
  expect(entry?.reply.sourcePort).toBe(53);
  expect(portsOf(4)).toEqual([5353, 9]);
  expect(portsOf(6)).toEqual([]);
});

test("forgets by original port, by translated destination, and nothing else", () => {
  track("ip", "127.0.0.7");
  send("127.0.0.1", 5353, 9, 10);
  const by = (filter: Omit<Parameters<typeof deleteConntrack>[1], "family">): number =>
    deleteConntrack(conn, { family: 4, ...filter });
  expect(by({ original: { protocol: UDP, destinationPort: 53 } })).toBe(0);
  expect(by({ original: { protocol: 6, destinationPort: 9 } })).toBe(0);
  expect(by({ original: { protocol: UDP, destinationPort: 9 } })).toBe(1);
  expect(portsOf(4)).toEqual([10, 5353]);
  expect(by({ reply: { source: address("127.0.0.8") } })).toBe(0);
  expect(by({ reply: { source: address("127.0.0.7") } })).toBe(1);
  expect(portsOf(4)).toEqual([10]);
  expect(by({ original: { destination: address("127.0.0.1"), destinationPort: 10 } })).toBe(1);
  expect(by({})).toBe(0);
});

test("IPv6", () => {
  track("ip6", "::1");
  send("::1", 5353);
  const original = { protocol: UDP, destination: address("::1"), destinationPort: 5353 };
  expect(deleteConntrack(conn, { family: 4, original: { destinationPort: 5353 } })).toBe(0);
  expect(deleteConntrack(conn, { family: 6, original })).toBe(1);
  expect(portsOf(6)).toEqual([]);
});
