import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import {
  createLink,
  deleteLink,
  findLink,
  getLink,
  listAddresses,
  listLinks,
  setLink,
} from "../../../../rtnl/mod.ts";
import { IpamScript, type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  // The host has an eth0, like the pod: kernels before 6.15 mix them up.
  createLink(lab.host.conn, { kind: "veth", name: "eth0", up: true, peer: { name: "lan0" } });
  setLink(lab.host.conn, "lan0", { up: true });
});
afterEach(() => lab[Symbol.dispose]());

const l2 = { cniVersion: "1.1.0", name: "net", type: "macvlan", master: "eth0" };
const l3 = { ...l2, ipam: { type: "script-ipam" } };
const names = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);

describe("ADD", () => {
  test("makes the link in the pod and takes it up; DEL takes it away, again and again", () => {
    const { result } = lab.mustCall("macvlan", { command: "ADD", conf: l2, pod });
    const link = getLink(pod.conn, "eth0");
    expect(link).toMatchObject({ kind: "macvlan", macvlanMode: "bridge", isUp: true, mtu: 1500 });
    expect(link.parentIndex).toBe(getLink(lab.host.conn, "eth0").index);
    expect(result).toEqual({
      interfaces: [{ name: "eth0", mac: link.address, sandbox: pod.path }],
      ips: [],
      routes: [],
      dns: {},
    });
    for (const _ of [1, 2]) lab.mustCall("macvlan", { command: "DEL", conf: l2, pod });
    expect(names(pod)).toEqual(["lo"]);
  });

  test("gives it addresses and routes, and says to neighbours where they are", () => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    const { result, stdout } = lab.mustCall("macvlan", { command: "ADD", conf: l3, pod, path });
    const { index } = getLink(pod.conn, "eth0");
    const addresses = listAddresses(pod.conn, { linkIndex: index }).map((one) =>
      formatInterfaceAddress(one),
    );
    expect(addresses).toEqual(expect.arrayContaining(["198.51.100.5/24", "2001:db8::5/64"]));
    expect(result?.ips.map((ip) => ip.interface)).toEqual([0, 0]);
    expect(result?.dns).toEqual({ nameservers: ["198.51.100.53"] });
    expect(lab.run(pod, ["ip", "route"])).toContain("default via 198.51.100.1 dev eth0");
    for (const key of ["ipv4/conf/eth0/arp_notify", "ipv6/conf/eth0/ndisc_notify"]) {
      expect(lab.run(pod, ["cat", `/proc/sys/net/${key}`])).toBe("1\n");
    }
    const checked = { ...l3, prevResult: JSON.parse(stdout) };
    lab.mustCall("macvlan", { command: "CHECK", conf: checked, pod, path });
    lab.mustCall("macvlan", { command: "DEL", conf: l3, pod, path });
    expect(ipam.takeCalls()).toEqual(["ADD", "CHECK", "DEL"]);
    expect(names(pod)).toEqual(["lo"]);
  });

  test("takes every option", () => {
    const mac = "02:00:00:00:00:07";
    const conf = { ...l2, mode: "vepa", mtu: 1400, mac, bcqueuelen: 3000 };
    const { result } = lab.mustCall("macvlan", { command: "ADD", conf, pod, ifName: "net1" });
    expect(getLink(pod.conn, "net1")).toMatchObject({
      macvlanMode: "vepa",
      mtu: 1400,
      address: mac,
    });
    expect(result?.interfaces[0]?.mac).toBe(mac);
    expect(lab.run(pod, ["ip", "-d", "link", "show", "net1"])).toContain("bcqueuelen 3000");
  });

  test("without a master it takes the link of the default route with the lowest metric", () => {
    const { conn } = lab.host;
    createLink(conn, { kind: "veth", name: "other0", up: true, peer: { name: "other1" } });
    for (const [name, address, metric] of [
      ["eth0", "192.0.2.1/24", "200"],
      ["other0", "203.0.113.1/24", "100"],
    ] as const) {
      lab.run(lab.host, ["ip", "addr", "add", address, "dev", name]);
      lab.run(lab.host, ["ip", "route", "add", "default", "dev", name, "metric", metric]);
    }
    const conf = { ...l2, master: "" };
    lab.mustCall("macvlan", { command: "ADD", conf, pod });
    expect(getLink(pod.conn, "eth0").parentIndex).toBe(getLink(conn, "other0").index);
    lab.mustCall("macvlan", { command: "STATUS", conf });
    // DEL needs no default route.
    lab.run(lab.host, ["ip", "route", "flush", "default"]);
    expect(lab.call("macvlan", { command: "STATUS", conf }).error?.code).toBe(50);
    lab.mustCall("macvlan", { command: "DEL", conf, pod });
    expect(names(pod)).toEqual(["lo"]);
    const failed = lab.call("macvlan", { command: "ADD", conf, pod });
    expect(failed.error).toMatchObject({ code: 7 });
    expect(failed.error?.msg).toContain("no default route");
  });

  test("with linkInContainer the master is in the pod", () => {
    createLink(pod.conn, { kind: "veth", name: "inner0", up: true, peer: { name: "inner1" } });
    const conf = { ...l2, master: "inner0", linkInContainer: true };
    lab.mustCall("macvlan", { command: "ADD", conf, pod });
    const link = getLink(pod.conn, "eth0");
    expect(link.parentIndex).toBe(getLink(pod.conn, "inner0").index);
    expect(link.parentNetnsId).toBeUndefined();
    // Whether a pod has it cannot be known before there is one.
    lab.mustCall("macvlan", { command: "STATUS", conf });
    lab.mustCall("macvlan", { command: "DEL", conf, pod });
    expect(names(pod).sort()).toEqual(["inner0", "inner1", "lo"]);
  });

  test("an alternative name is one too", () => {
    const altname = "uplink-of-this-machine";
    lab.run(lab.host, ["ip", "link", "property", "add", "dev", "eth0", "altname", altname]);
    lab.mustCall("macvlan", { command: "ADD", conf: { ...l2, master: altname }, pod });
    expect(getLink(pod.conn, "eth0").kind).toBe("macvlan");
  });

  test.each([
    ["no such master", { master: "none0" }, 7, '"none0"'],
    ["an MTU above the master's", { mtu: 1501 }, 7, 'the MTU of "eth0"'],
    ["a negative MTU", { mtu: -1 }, 7, '"mtu"'],
    ["an unknown mode", { mode: "l2" }, 7, '"mode"'],
    ["a wrong MAC", { mac: "2:3" }, 7, '"mac"'],
    ["a negative queue", { bcqueuelen: -1 }, 7, '"bcqueuelen"'],
  ])("refuses %s, and nothing is left", (_name, wrong, code, text) => {
    const { error } = lab.call("macvlan", { command: "ADD", conf: { ...l2, ...wrong }, pod });
    expect(error).toMatchObject({ code });
    expect(error?.msg).toContain(text);
    expect(names(pod)).toEqual(["lo"]);
    lab.mustCall("macvlan", { command: "DEL", conf: { ...l2, ...wrong }, pod });
  });

  test("refuses a name that the pod has, and leaves that link alone", () => {
    createLink(pod.conn, { kind: "bridge", name: "eth0" });
    const { error } = lab.call("macvlan", { command: "ADD", conf: l2, pod });
    expect(error?.msg).toContain("has a link of that name");
    expect(getLink(pod.conn, "eth0").kind).toBe("bridge");
    expect(names(pod)).toEqual(["lo", "eth0"]);
  });

  test.each([
    ["fails", { fails: ["ADD"] }, 100],
    ["gives no address", { result: { cniVersion: "1.1.0" } }, 999],
  ])("takes the link back where the IPAM plugin %s", (_name, options, code) => {
    const ipam = new IpamScript(lab.directory, options);
    const path = [ipam.directory];
    const { error } = lab.call("macvlan", { command: "ADD", conf: l3, pod, path });
    expect(error?.code).toBe(code);
    expect(ipam.takeCalls()).toEqual(["ADD", "DEL"]);
    expect(names(pod)).toEqual(["lo"]);
  });
});

describe("DEL", () => {
  test.each([
    ["an empty namespace", ""],
    ["a namespace that is gone", "/run/netns/nodewright-none"],
  ])("with %s gives the addresses back", (_name, netns) => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    deleteLink(lab.host.conn, "eth0");
    lab.mustCall("macvlan", { command: "DEL", conf: l3, netns, path });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });

  test("takes the link away although the IPAM plugin fails", () => {
    lab.mustCall("macvlan", { command: "ADD", conf: l2, pod });
    const ipam = new IpamScript(lab.directory, { fails: ["DEL"] });
    const { error } = lab.call("macvlan", {
      command: "DEL",
      conf: l3,
      pod,
      path: [ipam.directory],
    });
    expect(error?.code).toBe(100);
    expect(names(pod)).toEqual(["lo"]);
  });

  test.each([
    ["dhcp", "link is there"],
    ["script-ipam", "no link"],
  ])("%s gives addresses back when %s", (type, seen) => {
    lab.mustCall("macvlan", { command: "ADD", conf: l2, pod });
    const said = `${lab.directory}/said`;
    const look = `if nsenter --net="$CNI_NETNS" ip link show eth0 > /dev/null 2>&1; then echo 'link is there'; else echo 'no link'; fi > ${said}`;
    const ipam = new IpamScript(lab.directory, { type, before: look });
    const conf = { ...l2, ipam: { type } };
    lab.mustCall("macvlan", { command: "DEL", conf, pod, path: [ipam.directory] });
    expect(lab.run(lab.host, ["cat", said])).toBe(`${seen}\n`);
    expect(names(pod)).toEqual(["lo"]);
  });
});

describe("CHECK", () => {
  const CHANGES: readonly (readonly [string, () => void, string | undefined])[] = [
    ["nothing", () => {}, undefined],
    ["a packet capture", () => setLink(pod.conn, "eth0", { promisc: true }), undefined],
    ["another MTU", () => setLink(pod.conn, "eth0", { mtu: 1400 }), undefined],
    ["the link is gone", () => deleteLink(pod.conn, "eth0"), "the interface is missing"],
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
      "it is bridge, not macvlan bridge",
    ],
  ];
  test.each(CHANGES)("%s", (_name, change, message) => {
    const { stdout } = lab.mustCall("macvlan", { command: "ADD", conf: l2, pod });
    change();
    const conf = { ...l2, prevResult: JSON.parse(stdout) };
    const { error, exitCode } = lab.call("macvlan", { command: "CHECK", conf, pod });
    expect(exitCode).toBe(message === undefined ? 0 : 1);
    if (message !== undefined) expect(error?.msg).toContain(message);
  });

  test("a default route that the host has lost meanwhile is no reason", () => {
    lab.run(lab.host, ["ip", "addr", "add", "192.0.2.1/24", "dev", "eth0"]);
    lab.run(lab.host, ["ip", "route", "add", "default", "via", "192.0.2.254"]);
    const bare = { ...l2, master: "" };
    const { stdout } = lab.mustCall("macvlan", { command: "ADD", conf: bare, pod });
    lab.run(lab.host, ["ip", "route", "flush", "default"]);
    const conf = { ...bare, prevResult: JSON.parse(stdout) };
    lab.mustCall("macvlan", { command: "CHECK", conf, pod });
  });
});

describe("GC and STATUS", () => {
  test("reach the IPAM plugin", () => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    lab.mustCall("macvlan", { command: "STATUS", conf: l3, path });
    const conf = { ...l3, "cni.dev/valid-attachments": [] };
    lab.mustCall("macvlan", { command: "GC", conf, path });
    expect(ipam.takeCalls()).toEqual(["STATUS", "GC"]);
  });

  test.each([
    ["mode", { mode: "brigde" }],
    ["mtu", { mtu: 9000 }],
    ["bcqueuelen", { bcqueuelen: -1 }],
    ["mac", { mac: "02:00" }],
  ])("STATUS refuses what ADD would: %s", (key, wrong) => {
    const { error } = lab.call("macvlan", { command: "STATUS", conf: { ...l2, ...wrong } });
    expect(error).toMatchObject({ code: 7 });
    expect(error?.msg).toContain(`"${key}"`);
  });

  test("STATUS says 51 where the master is missing: its pods are cut off", () => {
    deleteLink(lab.host.conn, "eth0");
    const { error } = lab.call("macvlan", { command: "STATUS", conf: l2 });
    expect(error).toMatchObject({ code: 51 });
    expect(error?.msg).toContain('no link "eth0"');
  });
});

test("what an ADD of the same attachment left half-made goes with the next one, or with DEL", () => {
  const { index } = getLink(lab.host.conn, "eth0");
  const leave = (): string => {
    const name = `nw${Bun.hash("c1/eth0").toString(16).padStart(16, "0").slice(0, 12)}`;
    const spec = { kind: "macvlan", name, parentIndex: index, mode: "bridge" } as const;
    createLink(lab.host.conn, { ...spec, netns: pod.netns });
    return name;
  };
  leave();
  lab.mustCall("macvlan", { command: "DEL", conf: l2, pod });
  expect(names(pod)).toEqual(["lo"]);
  const name = leave();
  lab.mustCall("macvlan", { command: "ADD", conf: l2, pod });
  lab.mustCall("macvlan", { command: "DEL", conf: l2, pod });
  expect(findLink(pod.conn, name)).toBeUndefined();
});
