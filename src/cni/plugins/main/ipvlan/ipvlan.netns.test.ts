import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, deleteLink, getLink, listLinks, setLink } from "../../../../rtnl/mod.ts";
import { lacksKind } from "../../../../rtnl/testing/mod.ts";
import { IpamScript, type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
let lan: LabNetns;
let ipam: IpamScript;
let path: readonly string[];
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  lan = lab.netns("lan");
  const peer = { name: "lan0", netns: lan.netns };
  createLink(lab.host.conn, { kind: "veth", name: "eth0", up: true, peer });
  setLink(lan.conn, "lan0", { up: true });
  ipam = new IpamScript(lab.directory);
  path = [ipam.directory];
});
afterEach(() => lab[Symbol.dispose]());

const base = { cniVersion: "1.1.0", name: "net", type: "ipvlan" };
const conf = { ...base, master: "eth0", ipam: { type: "script-ipam" } };
const names = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);

describe("whatever links the kernel has", () => {
  const twoInterfaces = {
    interfaces: [{ name: "a" }, { name: "b" }],
    ips: [{ address: "10.0.0.2/24" }],
  };
  test.each([
    ["no such master", { master: "none0" }, 7, '"none0"'],
    ["no master and no default route", { master: "" }, 7, "no default route"],
    ["an unknown mode", { mode: "bridge" }, 7, '"mode"'],
    ["an MTU above the master's", { mtu: 1501 }, 7, 'the MTU of "eth0"'],
    ["no IPAM plugin", { ipam: {} }, 7, "ipam.type"],
    [
      "two interfaces to choose from",
      { master: "", prevResult: { cniVersion: "1.1.0", ...twoInterfaces } },
      7,
      "2 interfaces instead of one",
    ],
  ])("ADD refuses %s, and nothing is left", (_name, wrong, code, text) => {
    const call = { conf: { ...conf, ...wrong }, pod, path };
    const { error } = lab.call("ipvlan", { command: "ADD", ...call });
    expect(error).toMatchObject({ code });
    expect(error?.msg).toContain(text);
    expect(names(pod)).toEqual(["lo"]);
    expect(ipam.takeCalls()).toEqual([]);
    lab.mustCall("ipvlan", { command: "DEL", ...call });
  });

  test("DEL needs neither a namespace nor a default route", () => {
    deleteLink(lab.host.conn, "eth0");
    lab.mustCall("ipvlan", { command: "DEL", conf: { ...conf, master: "" }, path, netns: "" });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });

  test("GC reaches the IPAM plugin", () => {
    const withList = { ...conf, "cni.dev/valid-attachments": [] };
    lab.mustCall("ipvlan", { command: "GC", conf: withList, path });
    expect(ipam.takeCalls()).toEqual(["GC"]);
  });
});

const isWithout = lacksKind("ipvlan", console.log);

test.skipIf(!isWithout)("STATUS says 50 where the kernel has no ipvlan", () => {
  const { error } = lab.call("ipvlan", { command: "STATUS", conf, path });
  expect(error).toMatchObject({ code: 50 });
  expect(error?.msg).toContain("kind ipvlan");
});

describe.skipIf(isWithout)("with a kernel that has ipvlan", () => {
  test("ADD makes a link with the master's MAC; CHECK sees it; DEL takes it away", () => {
    lab.run(lan, ["ip", "addr", "add", "198.51.100.1/24", "dev", "lan0"]);
    lab.mustCall("ipvlan", { command: "STATUS", conf, path });
    const { stdout, result } = lab.mustCall("ipvlan", { command: "ADD", conf, pod, path });
    const master = getLink(lab.host.conn, "eth0");
    expect(getLink(pod.conn, "eth0")).toMatchObject({
      kind: "ipvlan",
      ipvlanMode: "l2",
      isUp: true,
      address: master.address,
      parentIndex: master.index,
    });
    const interfaces = [{ name: "eth0", mac: master.address, sandbox: pod.path }];
    expect(result?.interfaces).toEqual(interfaces);
    expect(lab.canPing(pod, "198.51.100.1")).toBe(true);
    expect(lab.run(pod, ["cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify"])).toBe("1\n");
    const checked = { ...conf, prevResult: JSON.parse(stdout) };
    // The MAC is the master's, and changes with it.
    setLink(lab.host.conn, "eth0", { address: "02:00:00:00:00:77" });
    lab.mustCall("ipvlan", { command: "CHECK", conf: checked, pod, path });
    const wrong = { ...checked, mode: "l3" };
    const { error } = lab.call("ipvlan", { command: "CHECK", conf: wrong, pod, path });
    expect(error?.msg).toContain("it is l2, not ipvlan l3");
    for (const _ of [1, 2]) lab.mustCall("ipvlan", { command: "DEL", conf, pod, path });
    expect(names(pod)).toEqual(["lo"]);
  });

  test.each(["l3", "l3s"] as const)("mode %s, and an MTU", (mode) => {
    const call = { command: "ADD", conf: { ...conf, mode, mtu: 1400 }, pod, path } as const;
    lab.mustCall("ipvlan", call);
    expect(getLink(pod.conn, "eth0")).toMatchObject({ ipvlanMode: mode, mtu: 1400 });
  });

  test("after another plugin its link is the master, and its addresses are taken", () => {
    const prevResult = {
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0" }],
      ips: [{ address: "198.51.100.9/24", gateway: "198.51.100.1" }],
      routes: [{ dst: "0.0.0.0/0" }],
      dns: { nameservers: ["198.51.100.53"] },
    };
    const chained = { ...base, prevResult };
    lab.mustCall("ipvlan", { command: "STATUS", conf: base });
    const { result } = lab.mustCall("ipvlan", { command: "ADD", conf: chained, pod });
    expect(result?.interfaces).toMatchObject([{ name: "eth0", sandbox: pod.path }]);
    expect(result?.ips).toMatchObject([{ interface: 0 }]);
    expect(result?.dns).toEqual(prevResult.dns);
    expect(lab.run(pod, ["ip", "-4", "addr", "show", "eth0"])).toContain("198.51.100.9/24");
    expect(lab.run(pod, ["ip", "route"])).toContain("default via 198.51.100.1 dev eth0");
    lab.mustCall("ipvlan", { command: "DEL", conf: chained, pod });
    expect(names(pod)).toEqual(["lo"]);
  });

  test("with linkInContainer the master is in the pod", () => {
    createLink(pod.conn, { kind: "veth", name: "inner0", up: true, peer: { name: "inner1" } });
    const inside = { ...conf, master: "inner0", linkInContainer: true };
    lab.mustCall("ipvlan", { command: "ADD", conf: inside, pod, path });
    expect(getLink(pod.conn, "eth0").parentIndex).toBe(getLink(pod.conn, "inner0").index);
  });

  test("ADD takes the link back where the IPAM plugin fails", () => {
    const failing = new IpamScript(lab.directory, { fails: ["ADD"] });
    const call = { command: "ADD", conf, pod, path: [failing.directory] } as const;
    expect(lab.call("ipvlan", call).error?.code).toBe(100);
    expect(names(pod)).toEqual(["lo"]);
  });
});
