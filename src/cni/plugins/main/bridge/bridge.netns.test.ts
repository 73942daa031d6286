import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatAddress, formatInterfaceAddress } from "../../../../ip/mod.ts";
import { createLink, findLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import { NetworkLab } from "../testing/mod.ts";

let lab: NetworkLab;
beforeEach(() => {
  lab = new NetworkLab("bridge", { bridge: "cni0", isGateway: true });
});
afterEach(() => lab[Symbol.dispose]());

/** Links of the host but for lo. */
const hostLinks = (): string[] =>
  lab
    .run(lab.host, ["ip", "-o", "link"])
    .trim()
    .split("\n")
    .map((line) => line.split(": ")[1]?.split("@")[0] ?? "")
    .filter((name) => name !== "lo");

describe("ADD", () => {
  test("connects pods with each other and the host; the result is in the known order", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    const result = lab.add(a);
    lab.add(b);
    const [bridge, host, eth0] = result.interfaces;
    expect(result.interfaces).toHaveLength(3);
    expect(bridge).toEqual({ name: "cni0", mac: getLink(lab.host.conn, "cni0").address });
    expect(host?.name).toMatch(/^veth[0-9a-f]{11}$/);
    expect(host?.mac).toBe(getLink(lab.host.conn, host?.name ?? "").address);
    const mac = getLink(a.conn, "eth0").address;
    expect(eth0).toEqual({ name: "eth0", mac, sandbox: a.path });
    expect(result.ips.map((ip) => [formatInterfaceAddress(ip.address), ip.interface])).toEqual([
      ["10.88.0.2/24", 2],
    ]);
    expect(result.ips.map(({ gateway }) => gateway && formatAddress(gateway))).toEqual([
      "10.88.0.1",
    ]);
    expect(lab.canPing(a, "10.88.0.1")).toBe(true);
    expect(lab.canPing(a, "10.88.0.3")).toBe(true);
    expect(lab.canPing(lab.host, "10.88.0.3")).toBe(true);
    expect(lab.run(a, ["ip", "-4", "route"])).toStartWith("default via 10.88.0.1 dev eth0 \n");
    expect(lab.run(a, ["ip", "-4", "addr", "show", "eth0"])).toContain("brd 10.88.0.255");
    expect(lab.run(lab.host, ["ip", "link", "show", host?.name ?? ""])).toContain(
      `alias cni:net/${a.name}/eth0`,
    );
    expect(lab.run(lab.host, ["cat", "/proc/sys/net/ipv4/ip_forward"])).toBe("1\n");
    expect(lab.run(a, ["cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify"])).toBe("1\n");
  });

  test("IPv6 works at once, beside IPv4, and for what comes by the gateway", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    const result = lab.add(a, { keys: lab.dualStack });
    expect(lab.canPing(a, "fd00:88::1")).toBe(true);
    lab.add(b, { keys: lab.dualStack });
    expect(lab.canPing(b, "fd00:88::2")).toBe(true);
    expect(lab.canPing(b, "10.88.0.2")).toBe(true);
    expect(result.ips.map((ip) => formatInterfaceAddress(ip.address))).toEqual([
      "10.88.0.2/24",
      "fd00:88::2/64",
    ]);
    expect(lab.run(a, ["ip", "-6", "route"])).toContain("default via fd00:88::1 dev eth0");
    expect(lab.run(lab.host, ["cat", "/proc/sys/net/ipv6/conf/all/forwarding"])).toBe("1\n");
    const outside = lab.outside();
    lab.run(outside, ["ip", "-6", "route", "add", "fd00:88::/64", "via", "fd00:99::1"]);
    expect(lab.canPing(a, "fd00:99::2")).toBe(true);
  });

  test.each([["nftables"], ["iptables"]])(
    "ipMasq with %s: a host without a way back answers",
    (backend) => {
      const keys = { ...lab.dualStack, ipMasq: true, ipMasqBackend: backend };
      const outside = lab.outside();
      const [plain, masked] = [lab.netns("plain"), lab.netns("masked")];
      lab.add(plain, { keys: lab.dualStack });
      lab.add(masked, { keys });
      expect(lab.isSilent(plain, "192.0.2.2")).toBe(true);
      expect(lab.canPing(masked, "192.0.2.2")).toBe(true);
      expect(lab.canPing(masked, "fd00:99::2")).toBe(true);
      expect(lab.check(masked, { keys })).toBe("");
      lab.do("DEL", { pod: masked, keys });
      expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(masked.name);
      expect(outside.name).toContain("outside");
    },
  );

  test("isDefaultGateway: a default route for a network without routes", () => {
    const pod = lab.netns("a");
    const ipam = { ...lab.ipam({ subnet: "10.88.0.0/24" }), routes: [] };
    const result = lab.add(pod, { keys: { isGateway: false, isDefaultGateway: true, ipam } });
    expect(result.routes).toMatchObject([{ dst: { prefixLength: 0 }, gw: { value: 0x0a580001n } }]);
    expect(lab.run(pod, ["ip", "-4", "route"])).toContain("default via 10.88.0.1");
  });

  test("without isGateway the bridge has no address", () => {
    const pod = lab.netns("a");
    lab.add(pod, {
      keys: { isGateway: false, ipam: { ...lab.ipam({ subnet: "10.88.0.0/24" }), routes: [] } },
    });
    expect(lab.run(lab.host, ["ip", "-4", "addr", "show", "cni0"])).toBe("");
    expect(lab.check(pod, { keys: { isGateway: false } })).toBe("");
  });

  test("without ipam: a port of the bridge and no more; also left down", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    const result = lab.add(a, { keys: { ipam: {} } });
    expect(result).toMatchObject({ ips: [], routes: [] });
    expect(result.interfaces.map(({ name }) => name).slice(2)).toEqual(["eth0"]);
    expect(getLink(a.conn, "eth0")).toMatchObject({ isUp: true, operState: "up" });
    expect(lab.check(a, { keys: { ipam: {}, isGateway: false } })).toBe("");
    const keys = { ipam: {}, disableContainerInterface: true };
    lab.add(b, { keys });
    expect(getLink(b.conn, "eth0").isUp).toBe(false);
    expect(lab.check(b, { keys })).toBe("");
    expect(lab.try("ADD", { pod: b, keys }).error?.msg).toContain("has a link of that name");
  });

  test("MTU, MAC, and what the bridge does at the port", () => {
    const pod = lab.netns("a");
    const mac = "02:11:22:33:44:55";
    const keys = { mtu: 1400, hairpinMode: true, portIsolation: true, runtimeConfig: { mac } };
    const { interfaces } = lab.add(pod, { keys, args: "MAC=02:00:00:00:00:01" });
    const name = interfaces[1]?.name ?? "";
    expect(getLink(pod.conn, "eth0")).toMatchObject({ mtu: 1400, address: mac });
    expect(getLink(lab.host.conn, name).mtu).toBe(1400);
    const port = lab.run(lab.host, ["bridge", "-d", "link", "show", "dev", name]);
    expect(port).toContain("hairpin on");
    expect(port).toContain("isolated on");
    expect(lab.check(pod, { keys })).toBe("");
  });

  test("isolated pods reach the gateway but not each other", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    for (const pod of [a, b]) lab.add(pod, { keys: { portIsolation: true } });
    expect(lab.canPing(a, "10.88.0.1")).toBe(true);
    expect(lab.isSilent(a, "10.88.0.3")).toBe(true);
  });

  test("a pod with hairpinMode reaches itself by an address that is translated to its own", () => {
    const pod = lab.netns("a");
    lab.add(pod, { keys: { hairpinMode: true } });
    lab.run(lab.host, [
      "nft",
      "add table ip t; add chain ip t c { type nat hook prerouting priority -100; }; add rule ip t c ip daddr 10.88.0.99 dnat to 10.88.0.2; add chain ip t p { type nat hook postrouting priority 100; }; add rule ip t p ip daddr 10.88.0.2 masquerade",
    ]);
    lab.run(lab.host, ["ip", "neigh", "add", "proxy", "10.88.0.99", "dev", "cni0"]);
    lab.run(lab.host, ["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/cni0/proxy_arp_pvlan"]);
    expect(lab.canPing(pod, "10.88.0.99")).toBe(true);
  });

  test("promiscMode, and a bridge whose MAC stays while pods come and go", () => {
    const pods = [lab.netns("a"), lab.netns("b"), lab.netns("c")];
    const macs = pods.map(
      (pod) => lab.add(pod, { keys: { promiscMode: true } }).interfaces[0]?.mac,
    );
    expect(new Set(macs).size).toBe(1);
    expect(lab.run(lab.host, ["ip", "link", "show", "cni0"])).toContain("PROMISC");
  });

  test("enabledad: addresses are usable when ADD has ended", () => {
    const pod = lab.netns("a");
    lab.add(pod, { keys: { ...lab.dualStack, enabledad: true } });
    const shown = lab.run(pod, ["ip", "-6", "addr", "show", "dev", "eth0", "scope", "global"]);
    expect(shown).toContain("fd00:88::2/64");
    expect(shown).not.toContain("tentative");
    expect(shown).not.toContain("nodad");
    expect(lab.canPing(pod, "fd00:88::1")).toBe(true);
  });

  test("dns of the configuration goes before that of the IPAM plugin", () => {
    const dns = { nameservers: ["192.0.2.53"] };
    expect(lab.add(lab.netns("a"), { keys: { dns } }).dns).toEqual(dns);
  });
});

describe("a host that is not as expected", () => {
  test("a link of another kind in the bridge's place", () => {
    createLink(lab.host.conn, { kind: "veth", name: "cni0", peer: { name: "x" } });
    const { error } = lab.try("ADD", { pod: lab.netns("a") });
    expect(error).toMatchObject({
      code: 7,
      msg: 'Cannot use "cni0" as the bridge: it is a link, but of kind "veth"',
    });
    expect(lab.reserved()).toEqual([]);
    expect(lab.try("STATUS").error?.code).toBe(50);
  });

  test("a bridge with another address is refused, and changed with forceAddress", () => {
    const pod = lab.netns("a");
    createLink(lab.host.conn, { kind: "bridge", name: "cni0" });
    lab.run(lab.host, ["ip", "addr", "add", "10.99.0.1/24", "dev", "cni0"]);
    const { error } = lab.try("ADD", { pod });
    expect(error?.msg).toBe('Cannot give "cni0" the address 10.88.0.1/24: it has 10.99.0.1/24');
    expect(error?.details).toContain("forceAddress");
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(hostLinks()).toEqual(["cni0"]);
    expect(lab.reserved()).toEqual([]);
    lab.add(pod, { keys: { forceAddress: true } });
    expect(lab.run(lab.host, ["ip", "-4", "addr", "show", "cni0"])).not.toContain("10.99.0.1");
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
  });

  test("a bridge with other IPv6 networks keeps them", () => {
    createLink(lab.host.conn, { kind: "bridge", name: "cni0", up: true });
    lab.run(lab.host, ["ip", "addr", "add", "fd00:77::1/64", "dev", "cni0", "nodad"]);
    lab.add(lab.netns("a"), { keys: lab.dualStack });
    const shown = lab.run(lab.host, ["ip", "-6", "addr", "show", "cni0"]);
    expect(shown).toContain("fd00:77::1/64");
    expect(shown).toContain("fd00:88::1/64");
    lab.run(lab.host, ["ip", "addr", "add", "fd00:88::9/60", "dev", "cni0", "nodad"]);
    lab.run(lab.host, ["ip", "addr", "del", "fd00:88::1/64", "dev", "cni0"]);
    const { error } = lab.try("ADD", { pod: lab.netns("b"), keys: lab.dualStack });
    expect(error?.msg).toContain("it has fd00:88::9/60");
  });

  test("a host that got its default route from a router goes on listening to it", () => {
    lab.outside();
    const forwarding = "/proc/sys/net/ipv6/conf/all/forwarding";
    const accept = "/proc/sys/net/ipv6/conf/out0/accept_ra";
    lab.run(lab.host, ["sh", "-c", `echo 0 > ${forwarding}; echo 1 > ${accept}`]);
    const route = ["default", "via", "fd00:99::2", "dev", "out0", "proto", "ra"];
    lab.run(lab.host, ["ip", "-6", "route", "add", ...route]);
    lab.add(lab.netns("a"), { keys: lab.dualStack });
    expect(lab.run(lab.host, ["cat", forwarding, accept])).toBe("1\n2\n");
    const own = "/proc/sys/net/ipv6/conf/cni0/accept_ra";
    expect(lab.run(lab.host, ["cat", own])).toBe("0\n");
  });
});

describe("repeated and interrupted", () => {
  test("ADD for a pod that is attached is refused and harms nothing", () => {
    const pod = lab.netns("a");
    lab.add(pod);
    const { error } = lab.try("ADD", { pod });
    expect(error?.msg).toContain('Cannot create the interface "eth0"');
    expect(lab.reserved()).toEqual(["10.88.0.2"]);
    expect(lab.check(pod)).toBe("");
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
  });

  test("ADD after one that was killed before the pod's end was up takes over what it left", () => {
    const pod = lab.netns("a");
    lab.add(pod);
    setLink(pod.conn, "eth0", { up: false });
    const result = lab.add(pod);
    expect(result.ips.map((ip) => formatInterfaceAddress(ip.address))).toEqual(["10.88.0.2/24"]);
    expect(hostLinks()).toHaveLength(2);
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
  });

  test("somebody else's link of that name stays, also when it is down", () => {
    const pod = lab.netns("a");
    createLink(pod.conn, { kind: "veth", name: "eth0", peer: { name: "x" } });
    expect(lab.try("ADD", { pod }).error?.msg).toContain("has a link of that name");
    expect(findLink(pod.conn, "eth0")).toBeDefined();
    expect(lab.reserved()).toEqual([]);
    expect(hostLinks()).toEqual(["cni0"]);
  });

  test("an ADD that fails leaves nothing but the bridge", () => {
    const ipam = lab.ipam({ subnet: "10.88.0.0/30" });
    lab.add(lab.netns("a"), { keys: { ipam, ipMasq: true } });
    const before = hostLinks();
    const pod = lab.netns("b");
    const { error } = lab.try("ADD", { pod, keys: { ipam, ipMasq: true } });
    expect(error).toMatchObject({ code: 11 });
    expect(error?.msg).toContain("no IP addresses available in range set");
    expect(hostLinks()).toEqual(before);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(pod.name);
    expect(lab.try("STATUS", { keys: { ipam } }).error).toMatchObject({ code: 50 });
  });

  test.each([
    ["as it should be", {}],
    ["without a namespace's path", { netns: "" }],
    ["with a path that leads nowhere", { netns: "/run/netns/none" }],
    ["with a path to a file", { netns: "/etc/hostname" }],
    ["without a bridge's name that is one", { keys: { bridge: "a/b" } }],
    [
      "with keys that ADD would refuse",
      { keys: { ipMasqBackend: "nft", macspoofchk: 7, mtu: "" } },
    ],
  ])("DEL %s, twice", (_name, call) => {
    const pod = lab.netns("a");
    const keys = { ...lab.dualStack, ipMasq: true };
    lab.add(pod, { keys });
    for (const _ of [1, 2]) {
      lab.do("DEL", { pod, ...call, keys: { ...keys, ...("keys" in call ? call.keys : {}) } });
    }
    expect(lab.reserved()).toEqual([]);
    expect(hostLinks()).toEqual(["cni0"]);
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(pod.name);
  });

  test.each(["nftables", "iptables"])("DEL after the namespace has gone, with %s", (backend) => {
    const pod = lab.netns("a");
    const keys = { ipMasq: true, ipMasqBackend: backend };
    lab.add(pod, { keys });
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).toContain("10.88.0.2 ");
    lab.deleteNetns(pod);
    lab.do("DEL", { netns: pod.path, containerId: pod.name, keys });
    expect(lab.reserved()).toEqual([]);
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain("10.88.0.2 ");
  });
});
