import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatAddress, formatInterfaceAddress } from "../../../../ip/mod.ts";
import { findLink, getLink, listLinks, setLink } from "../../../../rtnl/mod.ts";
import type { LabNetns } from "../../../testing/mod.ts";
import { NetworkLab } from "../testing/mod.ts";

let lab: NetworkLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new NetworkLab("ptp");
  pod = lab.netns("a");
});
afterEach(() => lab[Symbol.dispose]());

/** Links of the host but for lo. */
const hostLinks = (): string[] =>
  listLinks(lab.host.conn)
    .map(({ name }) => name)
    .filter((name) => name !== "lo");
const ruleset = (): string => lab.run(lab.host, ["nft", "list", "ruleset"]);
const valid = (...pods: LabNetns[]) => ({
  "cni.dev/valid-attachments": pods.map(({ name }) => ({ containerID: name, ifname: "eth0" })),
});

describe("ADD", () => {
  test("connects pods with the host and, by it, with each other", () => {
    const b = lab.netns("b");
    const result = lab.add(pod);
    lab.add(b);
    const [host, eth0] = result.interfaces;
    expect(result.interfaces).toHaveLength(2);
    expect(host).toEqual({
      name: host?.name ?? "",
      mac: getLink(lab.host.conn, host?.name ?? "").address,
    });
    expect(eth0).toEqual({
      name: "eth0",
      mac: getLink(pod.conn, "eth0").address,
      sandbox: pod.path,
    });
    expect(result.ips.map((ip) => [formatInterfaceAddress(ip.address), ip.interface])).toEqual([
      ["10.88.0.2/24", 1],
    ]);
    expect(result.ips.map(({ gateway }) => gateway && formatAddress(gateway))).toEqual([
      "10.88.0.1",
    ]);
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
    expect(lab.canPing(pod, "10.88.0.3")).toBe(true);
    expect(lab.canPing(lab.host, "10.88.0.3")).toBe(true);
    expect(lab.run(lab.host, ["cat", "/proc/sys/net/ipv4/ip_forward"])).toBe("1\n");
  });

  test("the pod reaches its own net by the gateway alone; the host has a route to each pod", () => {
    lab.add(pod);
    const routes = lab.run(pod, ["ip", "-4", "route"]).trim().split(/ *\n/);
    expect(routes.sort()).toEqual([
      "10.88.0.0/24 via 10.88.0.1 dev eth0 src 10.88.0.2",
      "10.88.0.1 dev eth0 scope link src 10.88.0.2",
      "default via 10.88.0.1 dev eth0",
    ]);
    const [name = ""] = hostLinks();
    expect(lab.run(lab.host, ["ip", "-4", "-o", "addr", "show", name])).toContain("10.88.0.1/32");
    expect(lab.run(lab.host, ["ip", "-4", "route"])).toStartWith(`10.88.0.2 dev ${name} `);
  });

  test("IPv6 works at once, beside IPv4", () => {
    const b = lab.netns("b");
    lab.add(pod, { keys: lab.dualStack });
    expect(lab.canPing(pod, "fd00:88::1")).toBe(true);
    lab.add(b, { keys: lab.dualStack });
    expect(lab.canPing(b, "fd00:88::2")).toBe(true);
    expect(lab.canPing(b, "10.88.0.2")).toBe(true);
    expect(lab.check(b, { keys: lab.dualStack })).toBe("");
  });

  test("cni 13: dns that is there and empty clears what the IPAM plugin says", () => {
    const address = { address: "10.88.0.9/24", gateway: "10.88.0.1" };
    const ipam = { type: "static", addresses: [address], dns: { nameservers: ["192.0.2.53"] } };
    expect(lab.add(pod, { keys: { ipam } }).dns).toEqual({ nameservers: ["192.0.2.53"] });
    lab.do("DEL", { pod, keys: { ipam } });
    const dns = { nameservers: [], search: [] };
    const { stdout } = lab.do("ADD", { pod, keys: { ipam, dns } });
    expect(stdout).not.toContain("192.0.2.53");
  });

  test("addresses of two nets with one gateway", () => {
    const nets = ["10.88.0.0/24", "10.88.1.0/24"];
    const ipam = lab.ipam(...nets.map((subnet) => ({ subnet, gateway: "169.254.1.1" })));
    lab.add(pod, { keys: { ipam } });
    expect(lab.canPing(lab.host, "10.88.0.1")).toBe(true);
    expect(lab.canPing(lab.host, "10.88.1.1")).toBe(true);
    expect(lab.check(pod, { keys: { ipam } })).toBe("");
  });

  test("mtu, of both ends", () => {
    lab.add(pod, { keys: { mtu: 1400 } });
    expect(getLink(pod.conn, "eth0").mtu).toBe(1400);
    expect(getLink(lab.host.conn, hostLinks()[0] ?? "").mtu).toBe(1400);
  });

  test.each([["nftables"], ["iptables"]])(
    "ipMasq with %s: a host without a way back answers",
    (backend) => {
      const keys = { ...lab.dualStack, ipMasq: true, ipMasqBackend: backend };
      lab.outside();
      const plain = lab.netns("plain");
      lab.add(plain, { keys: lab.dualStack });
      lab.add(pod, { keys });
      expect(lab.isSilent(plain, "192.0.2.2")).toBe(true);
      expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
      expect(lab.canPing(pod, "fd00:99::2")).toBe(true);
      expect(lab.check(pod, { keys })).toBe("");
      lab.do("DEL", { pod, keys });
      expect(ruleset()).not.toContain(pod.name);
    },
  );

  test("after one that was killed before the pod's end was up takes over what it left", () => {
    lab.add(pod);
    setLink(pod.conn, "eth0", { up: false });
    expect(lab.add(pod).ips.map((ip) => formatInterfaceAddress(ip.address))).toEqual([
      "10.88.0.2/24",
    ]);
    expect(hostLinks()).toHaveLength(1);
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
  });

  test("that fails leaves nothing", () => {
    const ipam = lab.ipam({ subnet: "10.88.0.0/30" });
    lab.add(lab.netns("b"), { keys: { ipam, ipMasq: true } });
    const before = hostLinks();
    const { error } = lab.try("ADD", { pod, keys: { ipam, ipMasq: true } });
    expect(error).toMatchObject({ code: 11 });
    expect(hostLinks()).toEqual(before);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(ruleset()).not.toContain(pod.name);
  });

  test("an address without a gateway is refused by its name, and given back", () => {
    const ipam = { type: "static", addresses: [{ address: "10.88.0.7/24" }] };
    const { error } = lab.try("ADD", { pod, keys: { ipam } });
    expect(error).toMatchObject({
      code: 999,
      msg: "Cannot use the address 10.88.0.7/24: the IPAM plugin gave no gateway with it",
    });
    expect(hostLinks()).toEqual([]);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
  });

  test("cni 21: without ipam is refused, as by the reference", () => {
    expect(lab.try("ADD", { pod, keys: { ipam: {} } }).error?.code).toBe(7);
  });
});

describe("CHECK", () => {
  const KEYS = { ipMasq: true };

  test("passes after plugins that come later, and while somebody captures packets", () => {
    const keys = { ...lab.dualStack, ...KEYS };
    lab.add(pod, { keys });
    setLink(pod.conn, "eth0", { promisc: true });
    lab.run(pod, ["ip", "addr", "add", "192.0.2.77/32", "dev", "eth0"]);
    lab.run(pod, ["ip", "link", "set", "eth0", "mtu", "1400"]);
    expect(lab.check(pod, { keys })).toBe("");
  });

  const host = (): string => hostLinks()[0] ?? "";
  const broken: readonly [string, () => readonly [LabNetns, string], string][] = [
    ["the pod's link is gone", () => [pod, "ip link del eth0"], "the interface is missing"],
    ["another MAC", () => [pod, "ip link set eth0 address 02:00:00:00:00:99"], "its MAC is"],
    ["the address is gone", () => [pod, "ip addr del 10.88.0.2/24 dev eth0"], "10.88.0.2/24"],
    ["the route is gone", () => [pod, "ip route del default"], "0.0.0.0/0"],
    [
      "the host has not got the gateway's address",
      () => [lab.host, `ip addr del 10.88.0.1/32 dev ${host()}`],
      "has not got 10.88.0.1",
    ],
    [
      "the host has no route to the pod",
      () => [lab.host, `ip route del 10.88.0.2 dev ${host()}`],
      "no route to 10.88.0.2",
    ],
    [
      "masquerading is gone",
      () => [lab.host, "nft delete table inet cni_plugins_masquerade"],
      "not masqueraded",
    ],
    [
      "the reservation is gone",
      () => [lab.host, `rm ${lab.directory}/data/net/10.88.0.2`],
      "reserved",
    ],
  ];
  test.each(broken)("fails where %s", (_name, change, words) => {
    lab.add(pod, { keys: KEYS });
    const [where, command] = change();
    lab.run(where, ["sh", "-c", command]);
    expect(lab.check(pod, { keys: KEYS })).toContain(words);
  });
});

describe("DEL", () => {
  test.each([
    ["as it should be", {}],
    ["without a namespace's path", { netns: "" }],
    ["with a path that leads nowhere", { netns: "/run/netns/none" }],
    ["with an mtu that is none", { keys: { mtu: -1 } }],
  ])("%s, twice", (_name, call) => {
    const keys = { ...lab.dualStack, ipMasq: true };
    lab.add(pod, { keys });
    for (const _ of [1, 2]) {
      lab.do("DEL", { pod, ...call, keys: { ...keys, ...("keys" in call ? call.keys : {}) } });
    }
    expect(lab.reserved()).toEqual([]);
    expect(hostLinks()).toEqual([]);
    expect(ruleset()).not.toContain(pod.name);
  });
});

describe("GC", () => {
  test("takes away all of attachments that are not valid, and of this network alone", () => {
    const keys = { ipMasq: true };
    const [b, other] = [lab.netns("b"), lab.netns("other")];
    for (const one of [pod, b]) lab.add(one, { keys });
    const ipam = lab.ipam({ subnet: "10.89.0.0/24" });
    const net2 = { ...keys, name: "net2", ipam };
    lab.add(other, { keys: net2 });
    lab.do("GC", { keys: { ...keys, ...valid(b) } });
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(lab.check(b, { keys })).toBe("");
    expect(lab.check(other, { keys: net2 })).toBe("");
    expect(lab.reserved()).toEqual(["10.88.0.3"]);
    expect(ruleset()).not.toContain(pod.name);
    lab.do("GC", { keys: { ...keys, ...valid() } });
    expect(lab.reserved()).toEqual([]);
    expect(lab.check(other, { keys: net2 })).toBe("");
  });

  test("without a list is refused", () => {
    expect(lab.try("GC").error?.code).toBe(7);
  });
});

describe("STATUS", () => {
  test("is well on a host without anything yet", () => {
    lab.do("STATUS", { keys: { ipMasq: true } });
  });

  test("fails where every address is taken, and for an mtu that is none", () => {
    const ipam = lab.ipam({ subnet: "10.88.0.0/30" });
    lab.add(pod, { keys: { ipam } });
    expect(lab.try("STATUS", { keys: { ipam } }).error?.code).toBe(50);
    expect(lab.try("STATUS", { keys: { mtu: -1 } }).error?.code).toBe(7);
  });
});
