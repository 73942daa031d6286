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

const conf = {
  cniVersion: "1.1.0",
  name: "net",
  type: "vlan",
  master: "eth0",
  vlanId: 42,
  ipam: { type: "script-ipam" },
};
const names = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);

describe("whatever links the kernel has", () => {
  test.each([
    ["no master", { master: "" }, 7, '"master"'],
    ["no such master", { master: "none0" }, 7, '"none0"'],
    ["a number above 4094", { vlanId: 4095 }, 7, '"vlanId"'],
    ["a negative number", { vlanId: -1 }, 7, '"vlanId"'],
    ["an MTU above the master's", { mtu: 1501 }, 7, 'the MTU of "eth0"'],
    ["no IPAM plugin", { ipam: {} }, 7, "ipam.type"],
  ])("ADD refuses %s, and nothing is left", (_name, wrong, code, text) => {
    const call = { conf: { ...conf, ...wrong }, pod, path };
    const { error } = lab.call("vlan", { command: "ADD", ...call });
    expect(error).toMatchObject({ code });
    expect(error?.msg).toContain(text);
    expect(names(pod)).toEqual(["lo"]);
    expect(ipam.takeCalls()).toEqual([]);
    lab.mustCall("vlan", { command: "DEL", ...call });
  });

  test("ADD and STATUS refuse a master that is down", () => {
    setLink(lab.host.conn, "eth0", { up: false });
    const failed = lab.call("vlan", { command: "ADD", conf, pod, path });
    expect(failed.error).toMatchObject({ code: 50 });
    expect(failed.error?.msg).toContain('"eth0" is down');
    // Those that are there are cut off; but without a kind there can be none.
    const code = isWithout ? 50 : 51;
    expect(lab.call("vlan", { command: "STATUS", conf, path }).error?.code).toBe(code);
  });

  test.each([
    ["no master", () => deleteLink(lab.host.conn, "eth0")],
    ["an empty CNI_NETNS", () => {}],
  ])("DEL gives the addresses back with %s", (_name, change) => {
    change();
    lab.mustCall("vlan", { command: "DEL", conf, path, netns: "" });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });

  test("GC reaches the IPAM plugin", () => {
    const withList = { ...conf, "cni.dev/valid-attachments": [] };
    lab.mustCall("vlan", { command: "GC", conf: withList, path });
    expect(ipam.takeCalls()).toEqual(["GC"]);
  });
});

const isWithout = lacksKind("vlan", console.log);

test.skipIf(!isWithout)("STATUS says 50 where the kernel has no vlan", () => {
  const { error } = lab.call("vlan", { command: "STATUS", conf, path });
  expect(error).toMatchObject({ code: 50 });
  expect(error?.msg).toContain("kind vlan");
  expect(error?.details).toContain("modprobe 8021q");
});

describe.skipIf(isWithout)("with a kernel that has vlan", () => {
  test("ADD makes a link whose frames are of the VLAN; CHECK sees it; DEL takes it away", () => {
    lab.run(lan, ["ip", "link", "add", "tag42", "link", "lan0", "type", "vlan", "id", "42"]);
    lab.run(lan, ["ip", "addr", "add", "198.51.100.1/24", "dev", "tag42"]);
    setLink(lan.conn, "tag42", { up: true });
    lab.mustCall("vlan", { command: "STATUS", conf, path });
    const { stdout, result } = lab.mustCall("vlan", { command: "ADD", conf, pod, path });
    const link = getLink(pod.conn, "eth0");
    expect(link).toMatchObject({ kind: "vlan", vlanId: 42, isUp: true, mtu: 1500 });
    expect(result?.interfaces).toEqual([{ name: "eth0", mac: link.address, sandbox: pod.path }]);
    expect(result?.ips.map((ip) => ip.interface)).toEqual([0, 0]);
    expect(lab.canPing(pod, "198.51.100.1")).toBe(true);
    const checked = { ...conf, prevResult: JSON.parse(stdout) };
    lab.mustCall("vlan", { command: "CHECK", conf: checked, pod, path });
    const other = lab.call("vlan", {
      command: "CHECK",
      conf: { ...checked, vlanId: 43 },
      pod,
      path,
    });
    expect(other.error?.msg).toContain("it is of VLAN 42, not 43");
    for (const _ of [1, 2]) lab.mustCall("vlan", { command: "DEL", conf, pod, path });
    expect(names(pod)).toEqual(["lo"]);
    expect(ipam.takeCalls()).toEqual(["STATUS", "ADD", "CHECK", "CHECK", "DEL", "DEL"]);
  });

  test("two pods with the same name of their interface, another VLAN and another MTU", () => {
    const second = lab.netns("second");
    lab.mustCall("vlan", { command: "ADD", conf, pod, path });
    const more = { ...conf, vlanId: 43, mtu: 1400 };
    lab.mustCall("vlan", { command: "ADD", conf: more, pod: second, path, containerId: "c2" });
    expect(getLink(second.conn, "eth0")).toMatchObject({ vlanId: 43, mtu: 1400 });
  });

  test("the same VLAN on the same master a second time is refused with the kernel's words", () => {
    const second = lab.netns("second");
    lab.mustCall("vlan", { command: "ADD", conf, pod, path });
    const call = { conf, pod: second, path, containerId: "c2" };
    const { error } = lab.call("vlan", { command: "ADD", ...call });
    expect(error?.msg).toContain("VLAN device already exists");
    expect(names(second)).toEqual(["lo"]);
    lab.mustCall("vlan", { command: "DEL", ...call });
  });

  test("with linkInContainer the master is in the pod", () => {
    const peer = { name: "inner1" };
    createLink(pod.conn, { kind: "veth", name: "inner0", up: true, peer });
    const inside = { ...conf, master: "inner0", linkInContainer: true };
    lab.mustCall("vlan", { command: "ADD", conf: inside, pod, path });
    expect(getLink(pod.conn, "eth0").parentIndex).toBe(getLink(pod.conn, "inner0").index);
  });

  test("ADD takes the link back where the IPAM plugin fails", () => {
    const failing = new IpamScript(lab.directory, { fails: ["ADD"] });
    const call = { command: "ADD", conf, pod, path: [failing.directory] } as const;
    expect(lab.call("vlan", call).error?.code).toBe(100);
    expect(names(pod)).toEqual(["lo"]);
  });
});
