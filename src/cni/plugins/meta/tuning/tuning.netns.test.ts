import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLink, getLink, IFF, type Link, setLink } from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";

const MAC = "02:00:00:00:00:aa";
const ORIGINAL_MAC = "02:00:00:00:00:01";

let lab: PluginLab;
let pod: LabNetns;
let dataDir: string;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  dataDir = join(lab.directory, "tuning");
  createLink(pod.conn, {
    kind: "veth",
    name: "eth0",
    address: ORIGINAL_MAC,
    up: true,
    peer: { name: "peer0" },
  });
});
afterEach(() => lab[Symbol.dispose]());

const ALL = { mac: MAC, promisc: true, mtu: 1400, allmulti: true, txQLen: 77 };
const link = (): Link => getLink(pod.conn, "eth0");
const has = (flag: number): boolean => (link().flags & flag) !== 0;
const files = (): string[] => (existsSync(dataDir) ? readdirSync(dataDir).sort() : []);
const readSysctl = (path: string): string =>
  lab.run(pod, ["cat", `/proc/sys/net/${path}`]).trimEnd();

function conf(own: object, more: object = {}) {
  const interfaces = [
    { name: "br0", mac: "02:00:00:00:00:02" },
    { name: "eth0", mac: ORIGINAL_MAC, mtu: 1500, sandbox: pod.path },
  ];
  const prevResult = { cniVersion: "1.1.0", interfaces, ips: [] };
  const network = { cniVersion: "1.1.0", name: "net", type: "tuning", dataDir };
  return { ...network, prevResult, ...own, ...more };
}
const call = (command: "ADD" | "DEL" | "CHECK", own: object) =>
  lab.call("tuning", { command, conf: conf(own), pod });

describe("ADD and DEL", () => {
  test("ADD changes the link and tells of it; DEL puts everything back", () => {
    const { result } = lab.mustCall("tuning", { command: "ADD", conf: conf(ALL), pod });
    expect(link()).toMatchObject({ address: MAC, mtu: 1400, txQueueLength: 77, isUp: true });
    expect([has(IFF.PROMISC), has(IFF.ALLMULTI)]).toEqual([true, true]);
    expect(result?.interfaces).toEqual([
      { name: "br0", mac: "02:00:00:00:00:02" },
      { name: "eth0", mac: MAC, mtu: 1400, sandbox: pod.path },
    ]);
    expect(readFileSync(join(dataDir, "c1_eth0.json"), "utf8")).toBe(
      `{\n "mac": "${ORIGINAL_MAC}",\n "promisc": false,\n "mtu": 1500,\n "allmulti": false,\n "txQLen": 1000\n}`,
    );
    expect(call("CHECK", ALL).exitCode).toBe(0);
    for (const _ of [1, 2]) lab.mustCall("tuning", { command: "DEL", conf: conf(ALL), pod });
    expect(link()).toMatchObject({ address: ORIGINAL_MAC, mtu: 1500, txQueueLength: 1000 });
    expect([has(IFF.PROMISC), has(IFF.ALLMULTI)]).toEqual([false, false]);
    expect(files()).toEqual([]);
  });

  test("sysctls are set in the pod alone, IFNAME stands for the interface", () => {
    const sysctl = {
      "net.ipv4.conf.IFNAME.arp_filter": "1",
      "net/ipv4/conf/eth0/rp_filter": "2",
      "net.ipv4.ip_local_port_range": "20000 30000",
      "net.ipv4.route.flush": "1",
    };
    lab.mustCall("tuning", { command: "ADD", conf: conf({ sysctl }), pod });
    expect(readSysctl("ipv4/conf/eth0/arp_filter")).toBe("1");
    expect(readSysctl("ipv4/conf/eth0/rp_filter")).toBe("2");
    expect(readSysctl("ipv4/ip_local_port_range")).toBe("20000\t30000");
    expect(lab.run(lab.host, ["cat", "/proc/sys/net/ipv4/ip_local_port_range"])).not.toContain(
      "20000",
    );
    expect(files()).toEqual([]);
    expect(call("CHECK", { sysctl }).exitCode).toBe(0);
    lab.run(pod, ["busybox", "sysctl", "-w", "net.ipv4.conf.eth0.arp_filter=0"]);
    expect(call("CHECK", { sysctl }).error?.msg).toContain(
      'the sysctl "net/ipv4/conf/eth0/arp_filter" is "0", not "1"',
    );
  });

  test.each([
    ["an MTU that the kernel refuses", { mtu: 70_000, mac: MAC }, 999, "change the link"],
    [
      "a MAC that the kernel refuses",
      { mtu: 1400, mac: "01:00:5e:00:00:01" },
      999,
      "EADDRNOTAVAIL",
    ],
    [
      "a sysctl that is not there",
      { mtu: 1400, sysctl: { "net.ipv4.none": "1" } },
      5,
      '"net/ipv4/none" to "1": the kernel has no such key',
    ],
    ["a value that it cannot have", { sysctl: { "net.ipv4.ip_forward": "x" } }, 5, "EINVAL"],
    ["a sysctl of the machine", { sysctl: { "kernel.hostname": "x" } }, 7, '"kernel.hostname"'],
  ])("ADD that fails by %s leaves all as it was", (_, own, code, message) => {
    const before = { "net.ipv4.conf.eth0.arp_filter": "1" };
    const sysctl = { ...before, ...("sysctl" in own ? own.sysctl : {}) };
    const { exitCode, error } = call("ADD", { ...own, sysctl });
    expect([exitCode, error?.code]).toEqual([1, code]);
    expect(error?.msg).toContain(message);
    expect(readSysctl("ipv4/conf/eth0/arp_filter")).toBe("0");
    expect(link()).toMatchObject({ address: ORIGINAL_MAC, mtu: 1500 });
    expect(files()).toEqual([]);
  });

  test("without a plugin before it ADD is refused", () => {
    const { prevResult, ...alone } = conf({ mtu: 1400 });
    expect(prevResult).toBeDefined();
    expect(lab.call("tuning", { command: "ADD", conf: alone, pod }).error).toMatchObject({
      code: 7,
    });
    expect(link().mtu).toBe(1500);
  });
});

test.each(["sysctl", "args.cni.sysctl"])("cni 3: one key twice in %s is refused", (where) => {
  const sysctl = '{"net.ipv4.conf.IFNAME.arp_filter": "1", "net.ipv4.conf.IFNAME.arp_filter": "0"}';
  const text = JSON.stringify(
    conf(where === "sysctl" ? { sysctl: "HERE" } : { args: { cni: { sysctl: "HERE" } } }),
  ).replace('"HERE"', sysctl);
  for (const command of ["ADD", "CHECK", "STATUS"] as const) {
    expect(lab.call("tuning", { command, conf: text, pod }).error).toMatchObject({
      code: 7,
      msg: `Cannot use "${where}" of the configuration: it has the key "net.ipv4.conf.IFNAME.arp_filter" more than once`,
    });
  }
  lab.mustCall("tuning", { command: "DEL", conf: text, pod });
});

test("cni 11: mtu is set on the veth's end on the host too, and put back by DEL", () => {
  const { host } = lab;
  const two = lab.netns("two");
  createLink(host.conn, { kind: "veth", name: "p0", peer: { name: "eth0", netns: two.netns } });
  const call = (command: "ADD" | "DEL") =>
    lab.mustCall("tuning", { command, conf: conf({ mtu: 1400 }), pod: two });
  call("ADD");
  expect([getLink(two.conn, "eth0").mtu, getLink(host.conn, "p0").mtu]).toEqual([1400, 1400]);
  call("DEL");
  expect([getLink(two.conn, "eth0").mtu, getLink(host.conn, "p0").mtu]).toEqual([1500, 1500]);
});

describe("what was interrupted", () => {
  test("ADD after an ADD that was cut off keeps what was there before the first", () => {
    lab.mustCall("tuning", { command: "ADD", conf: conf({ mac: MAC, mtu: 1400 }), pod });
    // Cut off before the answer: the runtime asks again.
    lab.mustCall("tuning", { command: "ADD", conf: conf({ mac: MAC, mtu: 1400 }), pod });
    lab.mustCall("tuning", { command: "DEL", conf: conf({ mac: MAC, mtu: 1400 }), pod });
    expect(link()).toMatchObject({ address: ORIGINAL_MAC, mtu: 1500 });
  });

  test.each([
    ["an owner's file alone", [".c1_eth0.json"]],
    ["half a backup", [".c1_eth0.json", ".c1_eth0.json.new"]],
    ["a backup without an owner, as of the reference", ["c1_eth0.json"]],
    ["a garbled backup", [".c1_eth0.json", "c1_eth0.json"]],
  ])("DEL removes %s, and ADD works after that", (_, left) => {
    mkdirSync(dataDir);
    for (const name of left) writeFileSync(join(dataDir, name), '{\n "mt');
    lab.mustCall("tuning", { command: "DEL", conf: conf({ mtu: 1400 }), pod });
    expect(files()).toEqual([]);
    lab.mustCall("tuning", { command: "ADD", conf: conf({ mtu: 1400 }), pod });
    lab.mustCall("tuning", { command: "DEL", conf: conf({ mtu: 1400 }), pod });
    expect(link().mtu).toBe(1500);
  });

  test.each([
    ["is not named", ""],
    ["has gone", "/run/netns/nwlab-none"],
  ])("DEL leaves no file where the namespace %s", (_, netns) => {
    lab.mustCall("tuning", { command: "ADD", conf: conf(ALL), pod });
    lab.mustCall("tuning", { command: "DEL", conf: conf(ALL), netns });
    expect(files()).toEqual([]);
  });

  test("DEL leaves no file where the interface has gone, or the configuration is wrong", () => {
    lab.mustCall("tuning", { command: "ADD", conf: conf(ALL), pod });
    setLink(pod.conn, "eth0", { up: false });
    setLink(pod.conn, "eth0", { name: "other0" });
    const wrong = {
      command: "DEL",
      conf: conf({ mac: "x", mtu: -1 }),
      pod,
      args: "FOO=1",
    } as const;
    lab.mustCall("tuning", wrong);
    expect(files()).toEqual([]);
  });
});

describe("CHECK", () => {
  test.each([
    ["mac", { address: "02:00:00:00:00:bb" }, `mac is 02:00:00:00:00:bb, not ${MAC}`],
    ["promisc", { promisc: false }, "promisc is false, not true"],
    ["mtu", { mtu: 1300 }, "mtu is 1300, not 1400"],
    ["allmulti", { allMulticast: false }, "allmulti is false, not true"],
    ["txQLen", { txQueueLength: 5 }, "txQLen is 5, not 77"],
  ])("sees that %s was changed", (_, change, message) => {
    lab.mustCall("tuning", { command: "ADD", conf: conf(ALL), pod });
    setLink(pod.conn, "eth0", change);
    expect(call("CHECK", ALL).error?.msg).toContain(message);
  });

  test("what was not asked for may change", () => {
    lab.mustCall("tuning", { command: "ADD", conf: conf({ mtu: 1400 }), pod });
    setLink(pod.conn, "eth0", { promisc: true, txQueueLength: 5 });
    expect(call("CHECK", { mtu: 1400 }).exitCode).toBe(0);
  });

  test("sees that the interface has gone", () => {
    lab.mustCall("tuning", { command: "ADD", conf: conf(ALL), pod });
    setLink(pod.conn, "eth0", { up: false });
    setLink(pod.conn, "eth0", { name: "other0" });
    expect(call("CHECK", ALL).error?.msg).toContain("the interface is missing");
  });
});

describe("GC and STATUS", () => {
  test("GC removes what is left of this network's attachments that are not valid", () => {
    const add = (name: string, containerId: string): void => {
      const network = conf({ mtu: 1400 }, { name });
      lab.mustCall("tuning", { command: "ADD", conf: network, pod, containerId });
    };
    add("net", "c1");
    add("net", "c2");
    add("other", "c3");
    writeFileSync(join(dataDir, "c4_eth0.json"), "{}");
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    const gc = { ...conf({}), "cni.dev/valid-attachments": valid };
    for (const _ of [1, 2]) lab.mustCall("tuning", { command: "GC", conf: gc });
    const left = [".c2_eth0.json", ".c3_eth0.json", "c2_eth0.json", "c3_eth0.json", "c4_eth0.json"];
    expect(files()).toEqual(left);
  });

  test("GC of a network that never had any is done at once", () => {
    const gc = { ...conf({}), "cni.dev/valid-attachments": [] };
    expect(lab.call("tuning", { command: "GC", conf: gc }).exitCode).toBe(0);
  });

  test("STATUS says what ADD would say of the configuration", () => {
    const status = (own: object) => lab.call("tuning", { command: "STATUS", conf: conf(own) });
    expect(status({ ...ALL, sysctl: { "net.ipv4.conf.IFNAME.x": "1" } }).exitCode).toBe(0);
    expect(status({ sysctl: { "vm.x": "1" } }).error).toMatchObject({ code: 7 });
    expect(status({ mac: "x" }).error).toMatchObject({ code: 7 });
    expect(status({ dataDir: 7 }).error?.msg).toContain("dataDir");
  });
});
