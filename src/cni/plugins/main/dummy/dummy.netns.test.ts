import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, getLink, listLinks } from "../../../../rtnl/mod.ts";
import { lacksKind } from "../../../../rtnl/testing/mod.ts";
import { IpamScript, type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
let ipam: IpamScript;
let path: readonly string[];
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  ipam = new IpamScript(lab.directory);
  path = [ipam.directory];
});
afterEach(() => lab[Symbol.dispose]());

const conf = { cniVersion: "1.1.0", name: "net", type: "dummy", ipam: { type: "script-ipam" } };
const names = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);

describe("whatever links the kernel has", () => {
  test("ADD refuses a configuration without an IPAM plugin; DEL has nothing to do", () => {
    const call = { conf: { ...conf, ipam: {} }, pod, path };
    const { error } = lab.call("dummy", { command: "ADD", ...call });
    expect(error).toMatchObject({ code: 7 });
    expect(error?.msg).toContain("ipam.type");
    lab.mustCall("dummy", { command: "DEL", ...call });
    expect(names(pod)).toEqual(["lo"]);
  });

  test.each(["", "/run/netns/nodewright-none"])("DEL gives addresses back with %j", (netns) => {
    lab.mustCall("dummy", { command: "DEL", conf, path, netns });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });

  test("GC reaches the IPAM plugin", () => {
    const withList = { ...conf, "cni.dev/valid-attachments": [] };
    lab.mustCall("dummy", { command: "GC", conf: withList, path });
    expect(ipam.takeCalls()).toEqual(["GC"]);
  });
});

const isWithout = lacksKind("dummy", console.log);

test.skipIf(!isWithout)("STATUS says 50 where the kernel has no dummy", () => {
  const { error } = lab.call("dummy", { command: "STATUS", conf, path });
  expect(error).toMatchObject({ code: 50 });
  expect(error?.msg).toContain("kind dummy");
});

describe.skipIf(isWithout)("with a kernel that has dummy", () => {
  test("ADD makes a link with addresses and routes; CHECK sees it; DEL takes it away", () => {
    lab.mustCall("dummy", { command: "STATUS", conf, path });
    const { stdout, result } = lab.mustCall("dummy", { command: "ADD", conf, pod, path });
    const link = getLink(pod.conn, "eth0");
    expect(link).toMatchObject({ kind: "dummy", isUp: true });
    expect(result?.interfaces).toEqual([{ name: "eth0", mac: link.address, sandbox: pod.path }]);
    expect(result?.ips.map((ip) => ip.interface)).toEqual([0, 0]);
    expect(result?.dns).toEqual({ nameservers: ["198.51.100.53"] });
    expect(lab.canPing(pod, "198.51.100.5")).toBe(true);
    // A plugin that comes later may have added a link and an address of its own.
    const prevResult = JSON.parse(stdout);
    prevResult.interfaces.push({ name: "net1", sandbox: pod.path });
    prevResult.ips.push({ address: "203.0.113.9/24", interface: 1 });
    const checked = { ...conf, prevResult };
    lab.mustCall("dummy", { command: "CHECK", conf: checked, pod, path });
    lab.run(pod, ["ip", "address", "del", "198.51.100.5/24", "dev", "eth0"]);
    const { error } = lab.call("dummy", { command: "CHECK", conf: checked, pod, path });
    expect(error?.msg).toContain("198.51.100.5/24 is missing");
    for (const _ of [1, 2]) lab.mustCall("dummy", { command: "DEL", conf, pod, path });
    expect(names(pod)).toEqual(["lo"]);
    expect(ipam.takeCalls()).toEqual(["STATUS", "ADD", "CHECK", "CHECK", "DEL", "DEL"]);
  });

  test("ADD refuses a name that the pod has, and leaves that link alone", () => {
    createLink(pod.conn, { kind: "bridge", name: "eth0" });
    const { error } = lab.call("dummy", { command: "ADD", conf, pod, path });
    expect(error?.msg).toContain("eth0");
    expect(getLink(pod.conn, "eth0").kind).toBe("bridge");
    expect(ipam.takeCalls()).toEqual([]);
  });

  test("ADD takes the link back where the IPAM plugin fails", () => {
    const failing = new IpamScript(lab.directory, { fails: ["ADD"] });
    const call = { command: "ADD", conf, pod, path: [failing.directory] } as const;
    expect(lab.call("dummy", call).error?.code).toBe(100);
    expect(names(pod)).toEqual(["lo"]);
    expect(failing.takeCalls()).toEqual(["ADD", "DEL"]);
  });
});
