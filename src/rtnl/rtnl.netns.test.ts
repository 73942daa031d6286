import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { pollUntil, systemClock } from "../base/mod.ts";
import { formatAddress, formatCidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import { Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import {
  addAddress,
  addRoute,
  addRule,
  createLink,
  deleteAddress,
  deleteLink,
  deleteNeighbour,
  deleteRoute,
  deleteRule,
  findLink,
  getLink,
  getRouteTo,
  IFF,
  type LinkSpec,
  listAddresses,
  listLinks,
  listNeighbours,
  listRoutes,
  listRules,
  RT_SCOPE,
  RT_TABLE,
  RTPROT,
  replaceNeighbour,
  replaceRoute,
  setBridgePort,
  setLink,
} from "./mod.ts";

let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => Conn.open());
  setLink(conn, "lo", { up: true });
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function ip(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function cidr(text: string) {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
/** What iproute2 sees in the namespace: the second opinion. */
function iproute(...args: string[]): string {
  const { stdout, stderr, exitCode } = withNetns(netns, () => Bun.spawnSync(args));
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

/** Both ends up, so that v0 has a carrier. */
function createPair(): void {
  createLink(conn, { ...pair, up: true });
  setLink(conn, "v1", { up: true });
}
const pair = { kind: "veth", name: "v0", peer: { name: "v1" } } as const;

describe("links", () => {
  test("createLink() makes a veth in one request: MAC, MTU, master, up, the peer elsewhere", async () => {
    using pod = Netns.create();
    using inside = withNetns(pod, () => Conn.open());
    createLink(conn, { kind: "bridge", name: "cni0", up: true });
    const bridge = getLink(conn, "cni0");
    createLink(conn, {
      kind: "veth",
      name: "veth0",
      mtu: 1450,
      up: true,
      masterIndex: bridge.index,
      peer: { name: "eth0", mtu: 1450, address: "0a:58:0a:c8:00:05", netns: pod },
    });
    setLink(inside, "eth0", { up: true });
    // The kernel works out the operational state by itself, a little later.
    const isUp = async () => (getLink(conn, "veth0").operState === "up" ? true : undefined);
    await pollUntil(systemClock, { timeoutMs: 5_000, intervalMs: 10 }, isUp);
    const host = getLink(conn, "veth0");
    expect(host).toMatchObject({
      kind: "veth",
      portKind: "bridge",
      mtu: 1450,
      isUp: true,
      operState: "up",
      masterIndex: bridge.index,
    });
    const eth0 = getLink(inside, "eth0");
    expect(eth0).toMatchObject({ address: "0a:58:0a:c8:00:05", mtu: 1450, isUp: true });
    expect(eth0.parentIndex).toBe(host.index);
    expect(eth0.parentNetnsId).toBeNumber();
    expect(iproute("ip", "-o", "link", "show", "master", "cni0")).toContain("veth0@");
    expect(deleteLink(inside, "eth0")).toBe(true);
    expect(findLink(conn, "veth0")).toBeUndefined();
  });

  test("setLink() sets what a link takes in, and how much may wait", () => {
    createLink(conn, pair);
    const flagsOf = (): number => getLink(conn, "v0").flags & (IFF.PROMISC | IFF.ALLMULTI);
    setLink(conn, "v0", { promisc: true, allMulticast: true, txQueueLength: 77 });
    expect(flagsOf()).toBe(IFF.PROMISC | IFF.ALLMULTI);
    expect(getLink(conn, "v0").txQueueLength).toBe(77);
    setLink(conn, "v0", { promisc: false });
    expect(flagsOf()).toBe(IFF.ALLMULTI);
    setLink(conn, "v0", { up: true });
    expect(flagsOf()).toBe(IFF.ALLMULTI);
    expect(iproute("ip", "-o", "link", "show", "v0")).toContain("ALLMULTI");
  });

  test("listLinks() sees what iproute2 sees", () => {
    createLink(conn, pair);
    createLink(conn, { kind: "bridge", name: "br0" });
    const seen = listLinks(conn).map((l) => ({ ifindex: l.index, ifname: l.name, mtu: l.mtu }));
    const theirs: { ifindex: number; ifname: string; mtu: number }[] = JSON.parse(
      iproute("ip", "-j", "link"),
    );
    expect(seen).toEqual(theirs.map(({ ifindex, ifname, mtu }) => ({ ifindex, ifname, mtu })));
  });

  const KINDS: readonly [LinkSpec, string][] = [
    [{ kind: "bridge", name: "x" }, "bridge"],
    [
      { kind: "bridge", name: "x", vlanFiltering: true, defaultPvid: 0 },
      "vlan_filtering 1 .*vlan_default_pvid 0",
    ],
    [{ kind: "veth", name: "x", peer: { name: "y" } }, "veth"],
    [{ kind: "macvlan", name: "x", parentIndex: 0, mode: "bridge" }, "macvlan mode bridge"],
    [{ kind: "ipvlan", name: "x", parentIndex: 0, mode: "l2" }, "ipvlan"],
    [{ kind: "vlan", name: "x", parentIndex: 0, id: 100 }, "id 100"],
    [
      { kind: "vxlan", name: "x", id: 7, port: 8472, parentIndex: 0, learning: false },
      "vxlan id 7 .*dstport 8472 nolearning",
    ],
    [{ kind: "vxlan", name: "x", id: 8, port: 4789, local: ip("10.0.0.1") }, "id 8 local 10.0.0.1"],
    [{ kind: "vxlan", name: "x", id: 9, port: 4789, local: ip("fd00::1") }, "local fd00::1"],
    [{ kind: "ifb", name: "x" }, "ifb"],
    [{ kind: "dummy", name: "x" }, "dummy"],
    [{ kind: "vrf", name: "x", table: 1000 }, "table 1000"],
    [{ kind: "wireguard", name: "x" }, "wireguard"],
  ];
  const rows = KINDS.map(([spec, want]) => [`${spec.kind}: ${want}`, spec, want] as const);
  test.each(rows)("createLink() as iproute2 shows it: %s", (_name, spec, want) => {
    createLink(conn, pair);
    const parentIndex = getLink(conn, "v0").index;
    const whole = "parentIndex" in spec ? { ...spec, parentIndex } : spec;
    const thrown = thrownBy(() => createLink(conn, whole));
    if (thrown !== undefined) {
      // A kernel without this kind says so by this errno and no other.
      expect(thrown).toMatchObject({ kind: "netlink", code: "EOPNOTSUPP" });
      const optional = ["vlan", "ipvlan", "dummy", "vrf", "wireguard", "vxlan"];
      expect(optional.includes(spec.kind) || "vlanFiltering" in spec).toBe(true);
      return;
    }
    expect(getLink(conn, "x").kind).toBe(spec.kind);
    expect(iproute("ip", "-d", "link", "show", "x")).toMatch(new RegExp(want));
  });

  test("setLink() changes what is named and nothing else", () => {
    createLink(conn, { ...pair, mtu: 1400 });
    setLink(conn, "v0", { name: "renamed", address: "02:00:00:00:00:01", alias: "pod a" });
    expect(getLink(conn, "renamed")).toMatchObject({
      mtu: 1400,
      isUp: false,
      address: "02:00:00:00:00:01",
      alias: "pod a",
    });
    setLink(conn, "renamed", { up: true, mtu: 1300 });
    expect(getLink(conn, "renamed")).toMatchObject({ mtu: 1300, isUp: true, alias: "pod a" });
    setLink(conn, "renamed", { up: false });
    expect(getLink(conn, "renamed").isUp).toBe(false);
  });

  test("setLink() puts a port under its master and takes it away", () => {
    createLink(conn, pair);
    createLink(conn, { kind: "bridge", name: "br0" });
    setLink(conn, "v0", { masterIndex: getLink(conn, "br0").index });
    expect(getLink(conn, "v0").portKind).toBe("bridge");
    setLink(conn, "v0", { masterIndex: 0 });
    expect(getLink(conn, "v0").masterIndex).toBeUndefined();
  });

  test("setBridgePort() as iproute2 shows it", () => {
    createLink(conn, pair);
    createLink(conn, { kind: "bridge", name: "br0" });
    setLink(conn, "v0", { masterIndex: getLink(conn, "br0").index });
    const { index } = getLink(conn, "v0");
    setBridgePort(conn, index, { hairpin: true, isolated: true });
    const shown = iproute("bridge", "-d", "link", "show", "dev", "v0");
    expect(shown).toContain("hairpin on");
    expect(shown).toContain("isolated on");
    setBridgePort(conn, index, { hairpin: false });
    const again = iproute("bridge", "-d", "link", "show", "dev", "v0");
    expect(again).toContain("hairpin off");
    expect(again).toContain("isolated on");
  });

  test("setLink() moves a link to another namespace", () => {
    using pod = Netns.create();
    using inside = withNetns(pod, () => Conn.open());
    createLink(conn, pair);
    setLink(conn, "v1", { netns: pod });
    expect(findLink(conn, "v1")).toBeUndefined();
    expect(getLink(inside, "v1").kind).toBe("veth");
  });

  test("errors carry the errno and the kernel's words", () => {
    createLink(conn, pair);
    expect(thrownBy(() => createLink(conn, pair))).toMatchObject({
      code: "EEXIST",
      op: 'create the veth link "v0"',
    });
    expect(thrownBy(() => getLink(conn, "none"))).toMatchObject({ code: "ENODEV" });
    expect(thrownBy(() => setLink(conn, 999, { up: true }))).toBeInstanceOf(NetlinkError);
    expect(deleteLink(conn, "none")).toBe(false);
    const thrown = thrownBy(() => setLink(conn, "v0", { mtu: 10_000_000 }));
    expect(thrown).toMatchObject({ code: "EINVAL" });
    expect(String(thrown)).toContain("mtu greater than device maximum");
    expect(() => createLink(conn, { ...pair, name: "sixteen-bytes-xx" })).toThrow(TypeError);
    expect(() => setLink(conn, "v0", { address: "no" })).toThrow(TypeError);
  });
});

describe("addresses", () => {
  beforeEach(() => createPair());

  test("addAddress() and listAddresses()", () => {
    const { index } = getLink(conn, "v0");
    const v4 = { linkIndex: index, address: ip("10.200.0.1"), prefixLength: 24, broadcast: true };
    const v6 = { linkIndex: index, address: ip("fd00::1"), prefixLength: 64, noDad: true };
    addAddress(conn, v4);
    addAddress(conn, v6);
    expect(thrownBy(() => addAddress(conn, v4))).toMatchObject({ code: "EEXIST" });
    const [first] = listAddresses(conn, { linkIndex: index, family: 4 });
    expect(first).toEqual({
      linkIndex: index,
      address: ip("10.200.0.1"),
      prefixLength: 24,
      broadcast: ip("10.200.0.255"),
      scope: RT_SCOPE.UNIVERSE,
      label: "v0",
      isSecondary: false,
      isTentative: false,
      isDuplicate: false,
      isPermanent: true,
    });
    const six = listAddresses(conn, { linkIndex: index, family: 6 });
    const global = six.find((a) => a.scope === RT_SCOPE.UNIVERSE);
    expect(global).toMatchObject({ address: ip("fd00::1"), prefixLength: 64, isTentative: false });
    const shown = iproute("ip", "-o", "addr", "show", "v0");
    expect(shown).toContain("inet 10.200.0.1/24 brd 10.200.0.255");
    expect(shown).toContain("inet6 fd00::1/64");
    expect(listAddresses(conn).some((a) => formatAddress(a.address) === "127.0.0.1")).toBe(true);
    expect(deleteAddress(conn, v4)).toBe(true);
    expect(deleteAddress(conn, v4)).toBe(false);
    expect(listAddresses(conn, { linkIndex: index, family: 4 })).toEqual([]);
    expect(listAddresses(conn, { linkIndex: 999 })).toEqual([]);
  });
});

describe("routes", () => {
  let index = 0;
  beforeEach(() => {
    createPair();
    index = getLink(conn, "v0").index;
    addAddress(conn, { linkIndex: index, address: ip("10.0.0.2"), prefixLength: 24 });
    addAddress(conn, { linkIndex: index, address: ip("fd00::2"), prefixLength: 64, noDad: true });
  });
  const main = (family: 4 | 6) =>
    listRoutes(conn, { family, table: RT_TABLE.MAIN }).filter((r) => r.protocol !== RTPROT.KERNEL);

  test("addRoute(), replaceRoute(), listRoutes(), deleteRoute()", () => {
    const spec = { destination: cidr("10.200.1.0/24"), gateway: ip("10.0.0.3") };
    addRoute(conn, spec);
    expect(thrownBy(() => addRoute(conn, spec))).toMatchObject({
      code: "EEXIST",
      op: "add the route 10.200.1.0/24 via 10.0.0.3",
    });
    replaceRoute(conn, { ...spec, gateway: ip("10.0.0.4"), mtu: 1400, source: ip("10.0.0.2") });
    expect(main(4)).toEqual([
      {
        destination: cidr("10.200.1.0/24"),
        gateway: ip("10.0.0.4"),
        linkIndex: index,
        source: ip("10.0.0.2"),
        table: RT_TABLE.MAIN,
        protocol: RTPROT.STATIC,
        scope: RT_SCOPE.UNIVERSE,
        type: "unicast",
        priority: 0,
        mtu: 1400,
        isOnlink: false,
        nexthops: [],
      },
    ]);
    expect(iproute("ip", "route")).toContain(
      "10.200.1.0/24 via 10.0.0.4 dev v0 proto static src 10.0.0.2 mtu 1400",
    );
    expect(deleteRoute(conn, { destination: spec.destination })).toBe(true);
    expect(deleteRoute(conn, { destination: spec.destination })).toBe(false);
    expect(main(4)).toEqual([]);
  });

  test("default routes of both families, other tables, link scope, blackholes", () => {
    addRoute(conn, { destination: cidr("0.0.0.0/0"), gateway: ip("10.0.0.1"), priority: 7 });
    addRoute(conn, { destination: cidr("::/0"), gateway: ip("fd00::1"), linkIndex: index });
    addRoute(conn, { destination: cidr("10.1.0.0/16"), linkIndex: index, table: 1000 });
    addRoute(conn, { destination: cidr("10.9.0.0/16"), type: "blackhole" });
    const gateway = ip("192.168.9.9");
    addRoute(conn, { destination: cidr("10.8.0.0/16"), gateway, linkIndex: index, onlink: true });
    const shown = (family: 4 | 6) =>
      main(family).map((r) => [formatCidr(r.destination), r.type, r.priority, r.isOnlink]);
    expect(shown(4).sort()).toEqual([
      ["0.0.0.0/0", "unicast", 7, false],
      ["10.8.0.0/16", "unicast", 0, true],
      ["10.9.0.0/16", "blackhole", 0, false],
    ]);
    expect(main(6)).toContainEqual(
      expect.objectContaining({ destination: cidr("::/0"), gateway: ip("fd00::1") }),
    );
    const [other] = listRoutes(conn, { table: 1000 });
    expect(other).toMatchObject({ scope: RT_SCOPE.LINK, table: 1000, linkIndex: index });
    expect(listRoutes(conn, { table: 4242 })).toEqual([]);
    expect(iproute("ip", "route", "show", "table", "1000")).toContain("10.1.0.0/16 dev v0");
    expect(deleteRoute(conn, { destination: cidr("10.1.0.0/16"), table: 1000 })).toBe(true);
    expect(deleteRoute(conn, { destination: cidr("10.9.0.0/16"), type: "blackhole" })).toBe(true);
    expect(deleteRoute(conn, { destination: cidr("::/0"), gateway: ip("fd00::1") })).toBe(true);
  });

  test("the ways of a multipath route", () => {
    const ways = ["nexthop", "via", "10.0.0.3", "weight", "2", "nexthop", "via", "10.0.0.4"];
    iproute("ip", "route", "add", "10.7.0.0/16", ...ways);
    expect(main(4)).toMatchObject([
      {
        nexthops: [
          { linkIndex: index, gateway: ip("10.0.0.3"), weight: 2 },
          { linkIndex: index, gateway: ip("10.0.0.4"), weight: 1 },
        ],
      },
    ]);
    const onLink = listRoutes(conn, { family: 4, linkIndex: index });
    expect(onLink.map((r) => formatCidr(r.destination))).toContain("10.7.0.0/16");
  });

  test("getRouteTo() finds the way and the source address", () => {
    const route = getRouteTo(conn, ip("10.0.0.9"));
    expect(route).toMatchObject({ linkIndex: index, source: ip("10.0.0.2") });
    expect(thrownBy(() => getRouteTo(conn, ip("8.8.8.8")))).toMatchObject({ code: "ENETUNREACH" });
  });

  test("refusals say which route", () => {
    const spec = { destination: cidr("10.200.1.0/24"), gateway: ip("172.16.0.1") };
    const thrown = thrownBy(() => replaceRoute(conn, spec));
    expect(thrown).toMatchObject({ code: "ENETUNREACH" });
    expect(String(thrown)).toContain("Nexthop has invalid gateway");
  });

  test("3000 routes are listed whole", () => {
    const gateway = ip("10.0.0.3");
    for (let i = 0; i < 3000; i++) {
      const network = (11n << 24n) + (BigInt(i) << 8n);
      addRoute(conn, { destination: { family: 4, network, prefixLength: 24 }, gateway });
    }
    expect(main(4)).toHaveLength(3000);
  });
});

describe("neighbours", () => {
  test("replaceNeighbour(), listNeighbours(), deleteNeighbour()", () => {
    createPair();
    const { index } = getLink(conn, "v0");
    const spec = { linkIndex: index, address: ip("10.0.0.9"), linkAddress: "02:00:00:00:00:09" };
    replaceNeighbour(conn, { ...spec, linkAddress: "02:00:00:00:00:08" });
    replaceNeighbour(conn, spec);
    expect(listNeighbours(conn, { linkIndex: index })).toContainEqual({
      ...spec,
      isPermanent: true,
      isFailed: false,
    });
    expect(iproute("ip", "neigh")).toContain("10.0.0.9 dev v0 lladdr 02:00:00:00:00:09 PERMANENT");
    expect(deleteNeighbour(conn, spec)).toBe(true);
  });
});

describe("rules", () => {
  test("addRule(), listRules(), deleteRule()", () => {
    const spec = {
      family: 4,
      table: 1000,
      priority: 512,
      source: cidr("10.200.0.0/24"),
      destination: cidr("10.0.0.0/8"),
      fwmark: 0x4000,
      inName: "cni0",
    } as const;
    addRule(conn, spec);
    expect(thrownBy(() => addRule(conn, spec))).toMatchObject({ code: "EEXIST" });
    expect(listRules(conn, 4)).toContainEqual({ ...spec, isLookup: true });
    expect(iproute("ip", "rule")).toContain(
      "512:\tfrom 10.200.0.0/24 to 10.0.0.0/8 fwmark 0x4000 iif cni0 [detached] lookup 1000",
    );
    // Without a priority: before the rules that are not the kernel's own.
    addRule(conn, { family: 4, table: 1001, source: cidr("10.200.9.0/24") });
    const own = listRules(conn, 4).filter((r) => r.table === 1001);
    expect(own.map((r) => r.priority)).toEqual([511]);
    addRule(conn, { family: 6, table: 1000, priority: 513, source: cidr("fd00::/64") });
    expect(listRules(conn).filter((r) => r.priority >= 512 && r.priority < 600)).toHaveLength(2);
    expect(deleteRule(conn, spec)).toBe(true);
    expect(deleteRule(conn, spec)).toBe(false);
  });
});
