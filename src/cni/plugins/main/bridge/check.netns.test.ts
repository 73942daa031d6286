import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { findLink, listLinks, setLink } from "../../../../rtnl/mod.ts";
import type { LabNetns } from "../../../testing/mod.ts";
import { NetworkLab } from "../testing/mod.ts";

let lab: NetworkLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new NetworkLab("bridge", { bridge: "cni0", isGateway: true });
  pod = lab.netns("a");
});
afterEach(() => lab[Symbol.dispose]());

const KEYS = { ipMasq: true, macspoofchk: true, hairpinMode: true };
const portOf = (): string =>
  listLinks(lab.host.conn).find(({ portKind }) => portKind === "bridge")?.name ?? "";

describe("CHECK", () => {
  test("passes after ADD, while somebody captures packets, after plugins that come later", () => {
    const keys = { ...lab.dualStack, ...KEYS };
    lab.add(pod, { keys });
    expect(lab.check(pod, { keys })).toBe("");
    setLink(lab.host.conn, "cni0", { promisc: true });
    lab.run(pod, ["ip", "addr", "add", "192.0.2.77/32", "dev", "eth0"]);
    lab.run(pod, ["ip", "route", "add", "192.0.2.0/24", "via", "10.88.0.1"]);
    lab.run(pod, ["ip", "link", "set", "eth0", "mtu", "1400"]);
    expect(lab.check(pod, { keys })).toBe("");
  });

  const broken: readonly [string, () => readonly [LabNetns, string], string][] = [
    ["the pod's link is gone", () => [pod, "ip link del eth0"], "the interface is missing"],
    ["another MAC", () => [pod, "ip link set eth0 address 02:00:00:00:00:99"], "its MAC is"],
    ["the address is gone", () => [pod, "ip addr del 10.88.0.2/24 dev eth0"], "10.88.0.2/24"],
    ["the route is gone", () => [pod, "ip route del default"], "0.0.0.0/0"],
    [
      "the port is no port any more",
      () => [lab.host, `ip link set ${portOf()} nomaster`],
      'no port of "cni0"',
    ],
    ["the bridge is gone", () => [lab.host, "ip link del cni0"], 'no bridge "cni0"'],
    [
      "the bridge has lost its address",
      () => [lab.host, "ip addr del 10.88.0.1/24 dev cni0"],
      '"cni0" has not got 10.88.0.1/24',
    ],
    [
      "masquerading is gone",
      () => [lab.host, "nft delete table inet cni_plugins_masquerade"],
      "not masqueraded",
    ],
    ["the MAC check is gone", () => [lab.host, "nft delete table bridge nat"], "not checked"],
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

  test("fails for a pod that was never attached", () => {
    lab.add(pod);
    const other = lab.netns("b");
    const { error } = lab.try("CHECK", { pod, netns: other.path });
    expect(error?.code).toBe(999);
  });
});

describe("macspoofchk", () => {
  test("drops what a pod sends with another MAC, and is gone after DEL", () => {
    const keys = { macspoofchk: true };
    lab.add(pod, { keys });
    expect(lab.canPing(pod, "10.88.0.1")).toBe(true);
    lab.run(pod, ["ip", "link", "set", "eth0", "address", "02:00:00:00:00:99"]);
    expect(lab.isSilent(pod, "10.88.0.1")).toBe(true);
    lab.do("DEL", { pod, keys });
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(pod.name);
  });
});

describe("GC", () => {
  const valid = (...pods: LabNetns[]) => ({
    "cni.dev/valid-attachments": pods.map(({ name }) => ({ containerID: name, ifname: "eth0" })),
  });

  test("takes away all of attachments that are not valid: links, addresses, rules", () => {
    const keys = { ...KEYS, ...lab.dualStack };
    const [b, other] = [lab.netns("b"), lab.netns("other")];
    for (const one of [pod, b]) lab.add(one, { keys });
    const otherNet = { ...keys, name: "net2", bridge: "cni1" };
    const ipam = lab.ipam({ subnet: "10.89.0.0/24" });
    lab.add(other, { keys: { ...otherNet, ipam } });
    lab.do("GC", { keys: { ...keys, ...valid(b) } });
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(lab.check(b, { keys })).toBe("");
    expect(lab.check(other, { keys: { ...otherNet, ipam } })).toBe("");
    expect(lab.reserved()).toEqual(["10.88.0.3", "fd00:88::3"]);
    expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(pod.name);
    lab.do("GC", { keys: { ...keys, ...valid(b) } });
    lab.do("GC", { keys: { ...keys, ...valid() } });
    expect(lab.reserved()).toEqual([]);
    expect(lab.check(other, { keys: { ...otherNet, ipam } })).toBe("");
  });

  test("without a list is refused", () => {
    expect(lab.try("GC").error?.code).toBe(7);
  });
});

describe("STATUS", () => {
  test("is well on a host without anything yet", () => {
    lab.do("STATUS", { keys: KEYS });
    expect(findLink(lab.host.conn, "cni0")).toBeUndefined();
  });

  test("fails for a configuration that contradicts itself", () => {
    const keys = { hairpinMode: true, promiscMode: true };
    expect(lab.try("STATUS", { keys }).error?.code).toBe(7);
  });
});
