import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, deleteLink, getLink, listLinks, setLink } from "../../../../rtnl/mod.ts";
import { hasSelinux } from "../../../../sys/mod.ts";
import { IpamScript, type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
});
afterEach(() => lab[Symbol.dispose]());

const l2 = { cniVersion: "1.1.0", name: "net", type: "tap" };
const l3 = { ...l2, ipam: { type: "script-ipam" } };
const names = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);
const show = (name: string): string => lab.run(pod, ["ip", "-d", "link", "show", name]);

describe("ADD", () => {
  test("makes a device that belongs to nobody; DEL takes it away, again and again", () => {
    lab.mustCall("tap", { command: "STATUS", conf: l2 });
    const { result } = lab.mustCall("tap", { command: "ADD", conf: l2, pod });
    const link = getLink(pod.conn, "eth0");
    expect(link).toMatchObject({ kind: "tun", isUp: true, mtu: 1500 });
    expect(show("eth0")).toMatch(/tun type tap pi off .*persist on/);
    expect(show("eth0")).not.toMatch(/user|group \d|multi_queue/);
    expect(result).toEqual({
      interfaces: [{ name: "eth0", mac: link.address, sandbox: pod.path }],
      ips: [],
      routes: [],
      dns: {},
    });
    for (const _ of [1, 2]) lab.mustCall("tap", { command: "DEL", conf: l2, pod });
    expect(names(pod)).toEqual(["lo"]);
  });

  test("takes every option", () => {
    createLink(pod.conn, { kind: "bridge", name: "br0", up: true });
    const mac = "02:00:00:00:00:07";
    const conf = { ...l2, multiQueue: true, owner: 107, group: 108, mtu: 1400, bridge: "br0" };
    const call = { conf, pod, ifName: "net1", args: `IgnoreUnknown=1;MAC=${mac}` };
    const { stdout } = lab.mustCall("tap", { command: "ADD", ...call });
    const { index } = getLink(pod.conn, "br0");
    expect(getLink(pod.conn, "net1")).toMatchObject({
      mtu: 1400,
      address: mac,
      masterIndex: index,
    });
    expect(lab.run(pod, ["cat", "/proc/net/dev"])).toContain("net1:");
    const shown = show("net1");
    expect(shown).toContain("multi_queue");
    expect(shown).toMatch(/user \S+ group \S+/);
    const checked = { ...conf, prevResult: JSON.parse(stdout) };
    lab.mustCall("tap", { command: "CHECK", ...call, conf: checked });
    setLink(pod.conn, "net1", { masterIndex: 0 });
    const { error } = lab.call("tap", { command: "CHECK", ...call, conf: checked });
    expect(error?.msg).toContain('it is no port of the bridge "br0"');
    lab.mustCall("tap", { command: "DEL", ...call });
    expect(names(pod)).toEqual(["lo", "br0"]);
  });

  test("gives it addresses and routes", () => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    const { result, stdout } = lab.mustCall("tap", { command: "ADD", conf: l3, pod, path });
    expect(result?.ips.map((ip) => ip.interface)).toEqual([0, 0]);
    expect(lab.run(pod, ["ip", "route"])).toContain("default via 198.51.100.1 dev eth0");
    expect(lab.run(pod, ["cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify"])).toBe("1\n");
    const checked = { ...l3, prevResult: JSON.parse(stdout) };
    lab.mustCall("tap", { command: "CHECK", conf: checked, pod, path });
    lab.mustCall("tap", { command: "STATUS", conf: l3, path });
    lab.mustCall("tap", { command: "GC", conf: { ...l3, "cni.dev/attachments": [] }, path });
    lab.mustCall("tap", { command: "DEL", conf: l3, pod, path });
    expect(ipam.takeCalls()).toEqual(["ADD", "CHECK", "STATUS", "GC", "DEL"]);
    expect(names(pod)).toEqual(["lo"]);
  });

  test.each([
    ["no such bridge", { bridge: "none0" }, 7, '"bridge"'],
    ["a bridge that is none", { bridge: "lo" }, 7, '"bridge"'],
    ["a negative owner", { owner: -1 }, 7, '"owner"'],
    ["a group by name", { group: "kvm" }, 7, '"group"'],
    ["a negative MTU", { mtu: -1 }, 7, '"mtu"'],
    ["an MTU that no tap has", { mtu: 70_000 }, 999, "EINVAL"],
    ["a MAC of a group of hosts", { mac: "01:00:5e:00:00:01" }, 999, "EADDRNOTAVAIL"],
  ])("refuses %s, and nothing is left", (_name, wrong, code, text) => {
    const call = { conf: { ...l2, ...wrong }, pod };
    const { error } = lab.call("tap", { command: "ADD", ...call });
    expect(error).toMatchObject({ code });
    expect(error?.msg).toContain(text);
    expect(names(pod)).toEqual(["lo"]);
    lab.mustCall("tap", { command: "DEL", ...call });
  });

  test("refuses a name that the pod has, and leaves that link alone", () => {
    lab.mustCall("tap", { command: "ADD", conf: l2, pod });
    const { index } = getLink(pod.conn, "eth0");
    const { error } = lab.call("tap", { command: "ADD", conf: l2, pod });
    expect(error?.msg).toContain("has a link of that name");
    expect(getLink(pod.conn, "eth0").index).toBe(index);
  });

  test("takes the device back where the IPAM plugin fails", () => {
    const ipam = new IpamScript(lab.directory, { fails: ["ADD"] });
    const call = { command: "ADD", conf: l3, pod, path: [ipam.directory] } as const;
    expect(lab.call("tap", call).error?.code).toBe(100);
    expect(ipam.takeCalls()).toEqual(["ADD", "DEL"]);
    expect(names(pod)).toEqual(["lo"]);
  });

  if (hasSelinux()) console.log("skipped: a context where SELinux is not at work, here it is");
  test.skipIf(hasSelinux())("refuses an SELinux context where SELinux is not at work", () => {
    const conf = { ...l2, selinuxContext: "system_u:system_r:container_t:s0" };
    const { error } = lab.call("tap", { command: "ADD", conf, pod });
    expect(error).toMatchObject({ code: 2 });
    expect(error?.msg).toContain('"selinuxContext"');
    expect(names(pod)).toEqual(["lo"]);
    expect(lab.call("tap", { command: "STATUS", conf }).error).toMatchObject({ code: 2 });
  });

  test("a second start of the executable makes the device where it is, and nothing else", () => {
    const conf = { ...l2, multiQueue: true };
    const env = { CNI_NETNS_OVERRIDE: "1", NODEWRIGHT_TAP_CREATE_ONLY: "1" };
    lab.mustCall("tap", { command: "ADD", conf, pod: lab.host, ifName: "net1", env });
    expect(getLink(lab.host.conn, "net1")).toMatchObject({ kind: "tun", isUp: false });
  });
});

describe("DEL", () => {
  test.each(["", "/run/netns/nodewright-none"])("with the namespace %j", (netns) => {
    const ipam = new IpamScript(lab.directory);
    lab.mustCall("tap", { command: "DEL", conf: l3, netns, path: [ipam.directory] });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });
});

describe("CHECK", () => {
  const CHANGES: readonly (readonly [string, () => void, string | undefined])[] = [
    ["nothing", () => {}, undefined],
    ["a packet capture", () => setLink(pod.conn, "eth0", { promisc: true }), undefined],
    ["the device is gone", () => deleteLink(pod.conn, "eth0"), "the interface is missing"],
    [
      "another MAC",
      () => setLink(pod.conn, "eth0", { address: "02:00:00:00:00:99" }),
      "its MAC is 02:00:00:00:00:99",
    ],
    [
      "another kind",
      () => {
        const { address } = getLink(pod.conn, "eth0");
        deleteLink(pod.conn, "eth0");
        createLink(pod.conn, { kind: "bridge", name: "eth0", address });
      },
      "it is bridge, not a tap device",
    ],
  ];
  test.each(CHANGES)("%s", (_name, change, message) => {
    const { stdout } = lab.mustCall("tap", { command: "ADD", conf: l2, pod });
    change();
    const conf = { ...l2, prevResult: JSON.parse(stdout) };
    const { error, exitCode } = lab.call("tap", { command: "CHECK", conf, pod });
    expect(exitCode).toBe(message === undefined ? 0 : 1);
    if (message !== undefined) expect(error?.msg).toContain(message);
  });
});
