import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  createLink,
  deleteLink,
  findLink,
  getLink,
  listLinks,
  setLink,
} from "../../../../rtnl/mod.ts";
import { IpamScript, type LabNetns, PluginLab } from "../../../testing/mod.ts";

const MAC = "02:00:00:00:00:0a";
let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  const peer = { name: "wire0" };
  createLink(lab.host.conn, { kind: "veth", name: "dev-a", address: MAC, mtu: 1400, peer });
});
afterEach(() => lab[Symbol.dispose]());

const l2 = { cniVersion: "1.1.0", name: "net", type: "host-device", device: "dev-a" };
const l3 = { ...l2, ipam: { type: "script-ipam" } };
const names = (where: LabNetns): string[] =>
  listLinks(where.conn)
    .map(({ name }) => name)
    .sort();
const call = (command: "ADD" | "DEL" | "CHECK", conf: object) =>
  lab.call("host-device", { command, conf, pod });
const mustCall = (command: "ADD" | "DEL" | "CHECK", conf: object) =>
  lab.mustCall("host-device", { command, conf, pod });

describe("ADD and DEL", () => {
  test("the device is the pod's, and comes back as it was, down", () => {
    const { stdout, result } = mustCall("ADD", l2);
    expect(names(lab.host)).toEqual(["lo", "wire0"]);
    const inside = getLink(pod.conn, "eth0");
    expect(inside).toMatchObject({ alias: "dev-a", address: MAC, mtu: 1400, isUp: true });
    expect(result).toEqual({
      interfaces: [{ name: "eth0", mac: MAC, sandbox: pod.path }],
      ips: [],
      routes: [],
      dns: {},
    });
    mustCall("CHECK", { ...l2, prevResult: JSON.parse(stdout) });
    for (const _ of [1, 2]) mustCall("DEL", l2);
    expect(names(pod)).toEqual(["lo"]);
    const back = getLink(lab.host.conn, "dev-a");
    expect(back).toMatchObject({ address: MAC, isUp: false });
    expect(back.alias).toBeUndefined();
    mustCall("ADD", l2);
    mustCall("DEL", l2);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test("addresses and routes", () => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    const { result, stdout } = lab.mustCall("host-device", { command: "ADD", conf: l3, pod, path });
    expect(result?.ips.map((ip) => ip.interface)).toEqual([0, 0]);
    expect(lab.run(pod, ["ip", "-4", "addr", "show", "eth0"])).toContain("198.51.100.5/24");
    setLink(lab.host.conn, "wire0", { up: true });
    expect(lab.run(pod, ["ip", "route"])).toContain("default via 198.51.100.1 dev eth0");
    const checked = { ...l3, prevResult: JSON.parse(stdout) };
    lab.mustCall("host-device", { command: "CHECK", conf: checked, pod, path });
    lab.mustCall("host-device", { command: "DEL", conf: l3, pod, path });
    expect(ipam.takeCalls()).toEqual(["ADD", "CHECK", "DEL"]);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test("the device is found by its address, of links of one address the first", () => {
    createLink(lab.host.conn, { kind: "bridge", name: "aaa", address: MAC });
    setLink(lab.host.conn, "dev-a", { up: true });
    const conf = { ...l2, device: "", hwaddr: MAC.toUpperCase().replaceAll(":", "-") };
    mustCall("ADD", conf);
    expect(getLink(pod.conn, "eth0").alias).toBe("dev-a");
    mustCall("DEL", conf);
    expect(names(lab.host)).toEqual(["aaa", "dev-a", "lo", "wire0"]);
  });

  test("links of the same names are in nobody's way", () => {
    createLink(lab.host.conn, { kind: "bridge", name: "eth0" });
    createLink(pod.conn, { kind: "bridge", name: "dev-a" });
    mustCall("ADD", l2);
    expect(getLink(pod.conn, "eth0")).toMatchObject({ kind: "veth", alias: "dev-a" });
    mustCall("DEL", l2);
    expect(getLink(lab.host.conn, "dev-a").kind).toBe("veth");
    expect(getLink(lab.host.conn, "eth0").kind).toBe("bridge");
    expect(getLink(pod.conn, "dev-a").kind).toBe("bridge");
  });

  test.each([
    ["no device at all", { device: "" }, 7, "none of"],
    ["no such device", { device: "none0" }, 7, 'no link called "none0"'],
    ["no such address", { device: "", hwaddr: "02:00:00:00:00:99" }, 7, "02:00:00:00:00:99"],
    ["no such path", { device: "", kernelpath: "/sys/devices/none" }, 7, "/sys/devices/none"],
    ["no such PCI device", { device: "", pciBusID: "ffff:ff:1f.7" }, 7, "ffff:ff:1f.7"],
    [
      "no such device of the runtime",
      { device: "", runtimeConfig: { deviceID: "none.sf.1" } },
      7,
      "none.sf.1",
    ],
  ])("ADD refuses %s; DEL has nothing to do", (_name, wrong, code, text) => {
    const conf = { ...l2, ...wrong };
    const { error } = call("ADD", conf);
    expect(error).toMatchObject({ code });
    expect(error?.msg).toContain(text);
    mustCall("DEL", conf);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test("ADD refuses a name that the pod has, and moves nothing; DEL leaves that link alone", () => {
    createLink(pod.conn, { kind: "bridge", name: "eth0" });
    expect(call("ADD", l2).error?.msg).toContain("has a link of that name");
    mustCall("DEL", l2);
    expect(names(pod)).toEqual(["eth0", "lo"]);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test.each([true, false])("an ADD that fails gives the device back (up: %p)", (isUp) => {
    setLink(lab.host.conn, "dev-a", { up: isUp, alias: "rack 3" });
    const ipam = new IpamScript(lab.directory, { fails: ["ADD"] });
    const conf = l3;
    const path = [ipam.directory];
    const { error } = lab.call("host-device", { command: "ADD", conf, pod, path });
    expect(error?.code).toBe(100);
    expect(getLink(lab.host.conn, "dev-a")).toMatchObject({ isUp, alias: "rack 3" });
    expect(names(pod)).toEqual(["lo"]);
  });
});

describe("DEL", () => {
  test("where the name is taken by now, the device comes back under another one", () => {
    mustCall("ADD", l2);
    createLink(lab.host.conn, { kind: "bridge", name: "dev-a" });
    createLink(lab.host.conn, { kind: "bridge", name: "eth0" });
    mustCall("DEL", l2);
    expect(names(pod)).toEqual(["lo"]);
    const back = listLinks(lab.host.conn).find(({ address }) => address === MAC);
    expect(back?.name).toMatch(/^dev\d+$/);
    expect(back?.alias).toBe("dev-a");
    // It gets its name back as soon as that is free.
    deleteLink(lab.host.conn, "dev-a");
    mustCall("DEL", l2);
    expect(getLink(lab.host.conn, "dev-a").address).toBe(MAC);
  });

  test("where its name is taken and the pod's is free, it comes back under that one", () => {
    mustCall("ADD", l2);
    createLink(lab.host.conn, { kind: "bridge", name: "dev-a" });
    mustCall("DEL", l2);
    expect(getLink(lab.host.conn, "eth0")).toMatchObject({ address: MAC, alias: "dev-a" });
  });

  test("without the alias it is known by what ADD said", () => {
    const { stdout } = mustCall("ADD", l2);
    setLink(pod.conn, "eth0", { alias: "" });
    mustCall("DEL", l2);
    expect(findLink(pod.conn, "eth0")).toBeDefined();
    mustCall("DEL", { ...l2, prevResult: JSON.parse(stdout) });
    expect(getLink(lab.host.conn, "dev-a").address).toBe(MAC);
  });

  test.each([
    ["an empty namespace", ""],
    ["a namespace that is gone", "/run/netns/nodewright-none"],
  ])("with %s gives the addresses back", (_name, netns) => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    lab.mustCall("host-device", { command: "DEL", conf: l3, netns, path });
    expect(ipam.takeCalls()).toEqual(["DEL"]);
  });

  test("a dhcp lease is given back over the device", () => {
    mustCall("ADD", l2);
    const said = `${lab.directory}/said`;
    const before = `nsenter --net="$CNI_NETNS" ip link show eth0 > ${said} 2>&1 || true`;
    const ipam = new IpamScript(lab.directory, { type: "dhcp", before });
    const conf = { ...l2, ipam: { type: "dhcp" } };
    const path = [ipam.directory];
    lab.mustCall("host-device", { command: "DEL", conf, pod, path });
    expect(lab.run(lab.host, ["cat", said])).toContain(MAC);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });
});

describe("a device that has come back by itself", () => {
  /** As the kernel leaves it when the namespace of the pod goes: this one has no hardware. */
  function comeBack(name: string): void {
    setLink(lab.host.conn, "dev-a", { name, alias: "dev-a" });
  }
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0", mac: MAC, sandbox: "/run/netns/gone" }],
  };
  const byAddress = { ...l2, device: "", hwaddr: MAC };

  test.each([
    ["under the name that it had in the pod", "eth0", l2],
    ["under another", "dev7", l2],
    ["and is known by what ADD said", "eth0", { ...byAddress, prevResult }],
  ])("%s gets its name with DEL", (_name, name, conf) => {
    comeBack(name);
    const netns = "/run/netns/nodewright-none";
    lab.mustCall("host-device", { command: "DEL", conf, netns });
    const back = getLink(lab.host.conn, "dev-a");
    expect(back.address).toBe(MAC);
    expect(back.alias).toBeUndefined();
  });

  test("gets its name with GC", () => {
    comeBack("net5");
    const conf = { ...l2, "cni.dev/valid-attachments": [] };
    lab.mustCall("host-device", { command: "GC", conf });
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test("is found by the next ADD, and has its name after the next DEL", () => {
    comeBack("eth0");
    lab.mustCall("host-device", { command: "STATUS", conf: l2 });
    mustCall("ADD", l2);
    expect(getLink(pod.conn, "eth0").alias).toBe("dev-a");
    mustCall("DEL", l2);
    expect(names(lab.host)).toEqual(["dev-a", "lo", "wire0"]);
  });

  test.each([
    ["in use", "eth7", "dev-a", l2],
    ["that says something else", "eth0", "second uplink", l2],
    ["of which no ADD has told", "eth0", "uplink", byAddress],
  ])("is none with an alias %s", (_name, name, alias, conf) => {
    setLink(lab.host.conn, "dev-a", { name, alias });
    setLink(lab.host.conn, name, { up: true });
    lab.mustCall("host-device", { command: "DEL", conf, netns: "" });
    expect(getLink(lab.host.conn, name)).toMatchObject({ alias, isUp: true });
  });
});

describe("CHECK", () => {
  const CHANGES: readonly (readonly [string, () => void, string | undefined])[] = [
    ["a packet capture", () => setLink(pod.conn, "eth0", { promisc: true }), undefined],
    ["another alias", () => setLink(pod.conn, "eth0", { alias: "x" }), undefined],
    ["the device is gone", () => deleteLink(pod.conn, "eth0"), "the interface is missing"],
    [
      "another MAC",
      () => setLink(pod.conn, "eth0", { address: "02:00:00:00:00:99" }),
      "its MAC is 02:00:00:00:00:99",
    ],
  ];
  test.each(CHANGES)("%s", (_name, change, message) => {
    const { stdout } = mustCall("ADD", l2);
    change();
    const { error, exitCode } = call("CHECK", { ...l2, prevResult: JSON.parse(stdout) });
    expect(exitCode).toBe(message === undefined ? 0 : 1);
    if (message !== undefined) expect(error?.msg).toContain(message);
  });
});

describe("STATUS", () => {
  test("says 50 where the device is not on the host, and reaches the IPAM plugin", () => {
    const ipam = new IpamScript(lab.directory);
    const path = [ipam.directory];
    lab.mustCall("host-device", { command: "STATUS", conf: l3, path });
    expect(ipam.takeCalls()).toEqual(["STATUS"]);
    mustCall("ADD", l2);
    const { error } = lab.call("host-device", { command: "STATUS", conf: l2 });
    expect(error).toMatchObject({ code: 50 });
  });

  test("does not know which device the runtime will give", () => {
    lab.mustCall("host-device", { command: "STATUS", conf: { ...l2, device: "" } });
  });
});
