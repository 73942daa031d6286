import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, deleteLink, findLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import { lacksKind } from "../../../../rtnl/testing/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  addInterface("eth0", 0);
});
afterEach(() => lab[Symbol.dispose]());

function ip(where: LabNetns, args: string): string[] {
  const lines = lab.run(where, ["ip", ...args.split(" ")]).split("\n");
  return lines.map((line) => line.trim().replaceAll(/\s+/g, " ")).filter((line) => line !== "");
}
/** An interface of the pod with addresses of both families, and a router beyond it. */
function addInterface(name: string, net: number): void {
  const router = lab.netns(`router${net}`);
  createLink(pod.conn, {
    kind: "veth",
    name,
    up: true,
    peer: { name: "pod0", netns: router.netns },
  });
  setLink(router.conn, "pod0", { up: true });
  ip(router, `address add 198.51.${100 + net}.1/24 dev pod0`);
  ip(router, "address add 203.0.113.1/32 dev lo");
  ip(pod, `address add 198.51.${100 + net}.2/24 dev ${name}`);
  ip(pod, `-6 address add 2001:db8:${net}::2/64 dev ${name} nodad`);
  ip(pod, `route append default via 198.51.${100 + net}.1 dev ${name}`);
  ip(pod, `route add 203.0.113.${net}/32 dev ${name} scope link mtu 1300`);
  ip(pod, `-6 route append default via 2001:db8:${net}::1 dev ${name}`);
}

function conf(own: object = {}, ifName = "eth0", net = 0) {
  const interfaces = [{ name: ifName, sandbox: pod.path }];
  const ips = [
    { address: `198.51.${100 + net}.2/24`, gateway: `198.51.${100 + net}.1`, interface: 0 },
    { address: `2001:db8:${net}::2/64`, gateway: `2001:db8:${net}::1`, interface: 0 },
  ];
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
  const prevResult = { cniVersion: "1.1.0", interfaces, ips, routes };
  return { cniVersion: "1.1.0", name: "net", type: "vrf", vrfname: "blue", prevResult, ...own };
}
type Command = "ADD" | "DEL" | "CHECK";
const call = (command: Command, own: object = conf(), ifName = "eth0") =>
  lab.call("vrf", { command, conf: own, pod, ifName });
const mustCall = (command: Command, own: object = conf(), ifName = "eth0") =>
  lab.mustCall("vrf", { command, conf: own, pod, ifName });
const isWithout = lacksKind("vrf", console.log);

describe("whatever links the kernel has", () => {
  test.each([
    ["no name", { vrfname: "" }, '"vrfname"'],
    ["a name that no link can have", { vrfname: "a/b" }, '"vrfname"'],
    ["a name that is too long", { vrfname: "a".repeat(16) }, "more than 15"],
    ["a table below 0", { table: -1 }, '"table"'],
    ["no plugin before it", { prevResult: undefined }, "prevResult is missing"],
  ])("ADD refuses %s", (_, own, message) => {
    const { error } = call("ADD", conf(own));
    expect(error).toMatchObject({ code: 7 });
    expect(error?.msg).toContain(message);
  });

  test("ADD refuses the name of another link, which DEL leaves alone", () => {
    createLink(pod.conn, { kind: "bridge", name: "blue" });
    expect(call("ADD").error?.msg).toContain('"blue" as a VRF: it is of kind bridge');
    mustCall("DEL");
    expect(getLink(pod.conn, "blue").kind).toBe("bridge");
  });

  test("ADD refuses an interface that has a master", () => {
    createLink(pod.conn, { kind: "bridge", name: "br0" });
    setLink(pod.conn, "eth0", { masterIndex: getLink(pod.conn, "br0").index });
    expect(call("ADD").error?.msg).toContain('"eth0" into a VRF: it has the master "br0"');
    expect(findLink(pod.conn, "blue")).toBeUndefined();
  });

  test.each([
    ["nothing was added", {}, undefined],
    ["the namespace is not named", {}, ""],
    ["the namespace has gone", {}, "/run/netns/nwlab-none"],
    ["the configuration is wrong", { vrfname: 7, table: "x" }, undefined],
  ])("DEL is done where %s", (_, own, netns) => {
    const where = netns === undefined ? { pod } : { netns };
    lab.mustCall("vrf", { command: "DEL", conf: conf(own), ...where });
  });

  test("CHECK misses the VRF, and the interface", () => {
    expect(call("CHECK").error?.msg).toContain('the VRF "blue" is missing');
    expect(call("CHECK", conf(), "none").error?.msg).toContain("the interface is missing");
  });

  test("GC has nothing to do; STATUS says whether the kernel can", () => {
    const gc = { ...conf(), "cni.dev/valid-attachments": [] };
    lab.mustCall("vrf", { command: "GC", conf: gc });
    const { exitCode, error } = lab.call("vrf", { command: "STATUS", conf: conf() });
    expect([exitCode, error?.code]).toEqual(isWithout ? [1, 50] : [0, undefined]);
    const wrong = lab.call("vrf", { command: "STATUS", conf: conf({ vrfname: "" }) });
    expect(wrong.error).toMatchObject({ code: 7 });
  });
});

describe.skipIf(isWithout)("ADD and DEL", () => {
  const ways = (table: number): string[] => [
    ...ip(pod, `route show table ${table}`).filter((line) => !/^(local|broadcast)/.test(line)),
    ...ip(pod, `-6 route show table ${table}`).filter(
      (line) => !/^(local|anycast|multicast|fe80::)/.test(line),
    ),
  ];
  const MOVED = [
    "default via 198.51.100.1 dev eth0",
    "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.2",
    "203.0.113.0 dev eth0 scope link mtu 1300",
    "2001:db8::/64 dev eth0 proto kernel metric 256 pref medium",
    "default via 2001:db8::1 dev eth0 metric 1024 pref medium",
  ];

  test("the interface goes into a VRF of its own with all that it has, and works there", () => {
    const { result } = mustCall("ADD");
    expect(result?.ips).toHaveLength(2);
    expect(getLink(pod.conn, "blue")).toMatchObject({ kind: "vrf", vrfTable: 1, isUp: true });
    expect(getLink(pod.conn, "eth0").masterIndex).toBe(getLink(pod.conn, "blue").index);
    expect(ways(1)).toEqual(MOVED);
    expect(ip(pod, "route show table main")).toEqual([]);
    expect(ip(pod, "-6 -o address show dev eth0 scope global")[0]).toContain("2001:db8::2/64");
    const ping = ["busybox", "ping", "-c", "1", "-W", "2", "-I", "blue", "203.0.113.1"];
    expect(lab.tryRun(pod, ping).exitCode).toBe(0);
    mustCall("CHECK");
    for (const _ of [1, 2]) mustCall("DEL");
    expect(findLink(pod.conn, "blue")).toBeUndefined();
    expect(getLink(pod.conn, "eth0").masterIndex).toBeUndefined();
  });

  test("a second interface joins it; it goes with the last", () => {
    addInterface("eth1", 1);
    mustCall("ADD");
    mustCall("ADD", conf({}, "eth1", 1), "eth1");
    expect(ip(pod, "route show table 1 default")).toHaveLength(2);
    expect(ip(pod, "route show table main")).toEqual([]);
    for (const _ of [1, 2]) mustCall("DEL");
    expect(getLink(pod.conn, "eth0").masterIndex).toBeUndefined();
    mustCall("CHECK", conf({}, "eth1", 1), "eth1");
    mustCall("DEL", conf({}, "eth1", 1), "eth1");
    expect(findLink(pod.conn, "blue")).toBeUndefined();
  });

  test("each VRF has a table of its own, unless the configuration says which", () => {
    addInterface("eth1", 1);
    addInterface("eth2", 2);
    mustCall("ADD");
    mustCall("ADD", conf({ vrfname: "red" }, "eth1", 1), "eth1");
    mustCall("ADD", conf({ vrfname: "green", table: 5001 }, "eth2", 2), "eth2");
    const tables = ["blue", "red", "green"].map((name) => getLink(pod.conn, name).vrfTable);
    expect(tables).toEqual([1, 2, 5001]);
  });

  test("IPv6 routes with several ways keep them", () => {
    const ways = "nexthop via 2001:db8::8 dev eth0 nexthop via 2001:db8::9 dev eth0";
    ip(pod, `-6 route add 2001:db8:9::/64 ${ways}`);
    mustCall("ADD");
    const [, ...found] = ip(pod, "-6 route show 2001:db8:9::/64 table 1");
    expect(found.map((line) => line.split(" ").slice(0, 5).join(" "))).toEqual([
      "nexthop via 2001:db8::8 dev eth0",
      "nexthop via 2001:db8::9 dev eth0",
    ]);
  });

  test("routes of other tables stay in them", () => {
    ip(pod, "route add 192.0.2.0/24 via 198.51.100.1 table 77");
    mustCall("ADD");
    expect(ip(pod, "route show table 77")).toEqual(["192.0.2.0/24 via 198.51.100.1 dev eth0"]);
  });

  test("a VRF that is there is used; with another table, or in another one, it is refused", () => {
    createLink(pod.conn, { kind: "vrf", name: "blue", table: 9 });
    expect(call("ADD", conf({ table: 7 })).error?.msg).toContain("its table is 9, not 7");
    mustCall("ADD");
    expect(getLink(pod.conn, "blue").isUp).toBe(true);
    expect(ways(9)).toEqual(MOVED);
    expect(call("ADD", conf({ vrfname: "red" })).error?.msg).toContain('the master "blue" already');
    expect(findLink(pod.conn, "red")).toBeUndefined();
  });

  test("ADD without the interface leaves no VRF", () => {
    expect(call("ADD", conf(), "none").exitCode).toBe(1);
    expect(findLink(pod.conn, "blue")).toBeUndefined();
  });

  test.each([
    ["the VRF was made", false],
    ["the interface was put into it, and lost what it had", true],
  ])("ADD cut off when %s: ADD finishes it, and DEL leaves nothing", (_, isEnslaved) => {
    const cutOff = (): void => {
      createLink(pod.conn, { kind: "vrf", name: "blue", table: 1, up: true });
      const { index } = getLink(pod.conn, "blue");
      if (isEnslaved) setLink(pod.conn, "eth0", { masterIndex: index });
    };
    cutOff();
    mustCall("ADD");
    const told = MOVED.filter((line) => !isEnslaved || !line.startsWith("203.0.113"));
    expect(ways(1)).toEqual(told);
    mustCall("CHECK");
    mustCall("DEL");
    expect(findLink(pod.conn, "blue")).toBeUndefined();
    cutOff();
    mustCall("DEL");
    expect(findLink(pod.conn, "blue")).toBeUndefined();
  });

  test("DEL takes the VRF away although the interface has gone", () => {
    mustCall("ADD");
    deleteLink(pod.conn, "eth0");
    mustCall("DEL");
    expect(findLink(pod.conn, "blue")).toBeUndefined();
  });

  test.each([
    ["the interface left it", () => setLink(pod.conn, "eth0", { masterIndex: 0 }), "it is not in"],
    ["it is down", () => setLink(pod.conn, "blue", { up: false }), '"blue" is down'],
  ])("CHECK sees that %s", (_, change, message) => {
    mustCall("ADD");
    change();
    expect(call("CHECK").error?.msg).toContain(message);
    expect(call("CHECK", conf({ table: 8 })).error?.msg).toContain("is 1, not 8");
  });
});
