import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createLink, deleteLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  // Two networks with a router each; the second one alone has the far address.
  for (const [i, name] of ["eth0", "net1"].entries()) {
    const router = lab.netns(`router${i}`);
    createLink(pod.conn, {
      kind: "veth",
      name,
      up: true,
      peer: { name: "pod0", netns: router.netns },
    });
    setLink(router.conn, "pod0", { up: true });
    ip(router, `address add 198.51.${100 + i}.1/24 dev pod0`);
    ip(pod, `address add 198.51.${100 + i}.2/24 dev ${name}`);
    ip(router, `-6 address add 2001:db8:${i}::1/64 dev pod0 nodad`);
    ip(pod, `-6 address add 2001:db8:${i}::2/64 dev ${name} nodad`);
    if (i === 1) ip(router, "address add 203.0.113.1/32 dev lo");
  }
  ip(pod, "route add default via 198.51.100.1");
  ip(pod, "route add 203.0.113.128/25 via 198.51.101.1 dev net1 mtu 1300");
  awaitLocalRoutes(["2001:db8:0::2", "2001:db8:1::2"]);
});
afterEach(() => lab[Symbol.dispose]());

/** The kernel adds them a moment after the address, when the link has its carrier. */
function awaitLocalRoutes(addresses: readonly string[]): void {
  const argv = (address: string) => ["ip", "-6", "route", "show", "table", "local", address];
  for (let tries = 0; addresses.some((one) => lab.run(pod, argv(one)) === ""); tries++) {
    if (tries === 500) throw new Error("The kernel adds no local routes");
    Bun.sleepSync(10);
  }
}

function ip(where: LabNetns, args: string): string[] {
  const lines = lab.run(where, ["ip", ...args.split(" ")]).split("\n");
  return lines.map((line) => line.trim().replaceAll(/\s+/g, " ")).filter((line) => line !== "");
}
/** Without what is in every namespace. */
const rules = (family = "-4"): string[] =>
  ip(pod, `${family} rule`).filter((line) => !/lookup (local|main|default)$/.test(line));
const routes = (table: number | "main"): string[] => ip(pod, `route show table ${table}`);
/** All that ADD could change. Link-local addresses come by themselves, some time after the link. */
const everything = (): string[] =>
  [
    ...rules(),
    ...rules("-6"),
    ...ip(pod, "route show table all"),
    ...ip(pod, "-6 route show table all"),
  ].filter((line) => !/^multicast|fe80::/.test(line));

const V4 = { address: "198.51.101.2/24", gateway: "198.51.101.1", interface: 1 };
const V6 = { address: "2001:db8:1::2/64", gateway: "2001:db8:1::1", interface: 1 };

function conf(own: object = {}, ips: readonly object[] = [V4]) {
  const interfaces = [
    { name: "eth0", sandbox: pod.path },
    { name: "net1", sandbox: pod.path },
  ];
  // Of another interface, so it is none of sbr's.
  const other = { address: "198.51.100.2/24", gateway: "198.51.100.1", interface: 0 };
  const prevResult = { cniVersion: "1.1.0", interfaces, ips: [other, ...ips] };
  return { cniVersion: "1.1.0", name: "net", type: "sbr", prevResult, ...own };
}
const call = (command: "ADD" | "DEL" | "CHECK", own: object) =>
  lab.call("sbr", { command, conf: own, pod, ifName: "net1" });
const mustCall = (command: "ADD" | "DEL" | "CHECK", own: object) =>
  lab.mustCall("sbr", { command, conf: own, pod, ifName: "net1" });
const reaches = (source: string): boolean =>
  lab.tryRun(pod, ["busybox", "ping", "-c", "1", "-W", "1", "-I", source, "203.0.113.1"])
    .exitCode === 0;

describe("ADD", () => {
  test("packets go out by the interface whose address they have", () => {
    expect(reaches("198.51.101.2")).toBe(false);
    const { result } = mustCall("ADD", conf());
    expect(reaches("198.51.101.2")).toBe(true);
    expect(lab.canPing(pod, "198.51.100.1")).toBe(true);
    expect(result?.ips).toHaveLength(2);
    mustCall("CHECK", conf());
  });

  test("has a rule for the address, its own table, and no route of the interface in the main one", () => {
    mustCall("ADD", conf());
    expect(rules()).toEqual(["32765: from 198.51.101.2 lookup 100"]);
    expect(routes(100)).toEqual([
      "default via 198.51.101.1 dev net1",
      "198.51.101.0/24 dev net1 proto kernel scope link src 198.51.101.2",
      "203.0.113.128/25 via 198.51.101.1 dev net1 mtu 1300",
    ]);
    expect(routes("main")).toEqual([
      "default via 198.51.100.1 dev eth0",
      "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.2",
    ]);
  });

  test("gives each address a table of its own, of both families", () => {
    ip(pod, "address add 198.51.101.3/24 dev net1");
    ip(pod, "-6 route add 2001:db8:9::/64 via 2001:db8:1::1 dev net1");
    const ips = [V4, { ...V4, address: "198.51.101.3/24", gateway: undefined }, V6];
    ip(pod, "rule add from 192.0.2.9 lookup 101");
    mustCall("ADD", conf({}, ips));
    expect(rules()).toEqual([
      "32763: from 198.51.101.3 lookup 102",
      "32764: from 198.51.101.2 lookup 100",
      "32765: from 192.0.2.9 lookup 101",
    ]);
    expect(rules("-6")).toEqual(["32765: from 2001:db8:1::2 lookup 103"]);
    expect(routes(102)[0]).toStartWith("198.51.101.0/24 dev net1");
    expect(ip(pod, "-6 route show table 103")).toEqual([
      "2001:db8:1::/64 dev net1 proto kernel metric 256 pref medium",
      "2001:db8:9::/64 via 2001:db8:1::1 dev net1 metric 1024 pref medium",
      "default via 2001:db8:1::1 dev net1 metric 1024 pref medium",
    ]);
    // Neighbours are found by the link-local net.
    expect(ip(pod, "-6 route show dev net1")).toEqual([
      "fe80::/64 proto kernel metric 256 pref medium",
    ]);
    mustCall("CHECK", conf({}, ips));
    mustCall("DEL", conf({}, ips));
    expect(rules()).toEqual(["32765: from 192.0.2.9 lookup 101"]);
    expect(rules("-6")).toEqual([]);
  });

  test("IPv6 routes with several ways are taken apart", () => {
    const ways = "nexthop via 2001:db8:1::8 dev net1 nexthop via 2001:db8:0::8 dev eth0";
    ip(pod, `-6 route add 2001:db8:9::/64 ${ways}`);
    mustCall("ADD", conf({}, [V6]));
    expect(ip(pod, "-6 route show table 100")).toContain(
      "2001:db8:9::/64 via 2001:db8:1::8 dev net1 metric 1024 pref medium",
    );
    expect(ip(pod, "-6 route show 2001:db8:9::/64")).toEqual([
      "2001:db8:9::/64 via 2001:db8::8 dev eth0 metric 1024 pref medium",
    ]);
  });

  test("the configuration's gateways stand instead of those of the addresses", () => {
    const own = { gateways: ["198.51.101.254", "2001:db8:1::fe"] };
    ip(pod, "route append default via 198.51.101.1 dev net1");
    mustCall("ADD", conf(own, [V4, { ...V6, gateway: undefined }]));
    expect(routes(100)[0]).toBe("default via 198.51.101.254 dev net1");
    expect(ip(pod, "-6 route show table 101 default")).toEqual([
      "default via 2001:db8:1::fe dev net1 metric 1024 pref medium",
    ]);
    expect(routes("main").filter((line) => line.startsWith("default"))).toHaveLength(1);
  });

  test("cni 12: with addSourceHints on-link routes alone stay in the main table, with a source", () => {
    ip(pod, "route append default via 198.51.101.1 dev net1");
    const own = conf({ addSourceHints: true });
    for (const _ of [1, 2]) mustCall("ADD", own);
    expect(routes("main")).toEqual([
      "default via 198.51.100.1 dev eth0",
      "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.2",
      "198.51.101.0/24 dev net1 proto kernel scope link src 198.51.101.2",
    ]);
    expect(routes(100)).toEqual([
      "default via 198.51.101.1 dev net1",
      "198.51.101.0/24 dev net1 proto kernel scope link src 198.51.101.2",
      "203.0.113.128/25 via 198.51.101.1 dev net1 mtu 1300",
    ]);
    mustCall("CHECK", own);
  });

  test("with a table of the configuration's, rules alone are made: its routes are others' work", () => {
    const before = routes("main");
    mustCall("ADD", conf({ table: 5001 }, [V4, V6]));
    expect(rules()).toEqual(["32765: from 198.51.101.2 lookup 5001"]);
    expect(rules("-6")).toEqual(["32765: from 2001:db8:1::2 lookup 5001"]);
    expect(routes("main")).toEqual(before);
    mustCall("CHECK", conf({ table: 5001 }, [V4, V6]));
    ip(pod, "route add 203.0.113.0/24 dev net1 table 5001");
    mustCall("DEL", conf({ table: 5001 }, [V4, V6]));
    expect(rules()).toEqual([]);
    expect(routes(5001)).toHaveLength(1);
  });

  test("with a table and gateways, it gets default routes", () => {
    const own = conf({ table: 5001, gateways: ["198.51.101.1"] });
    mustCall("ADD", own);
    expect(routes(5001)).toEqual(["default via 198.51.101.1 dev net1"]);
    mustCall("CHECK", own);
  });

  test.each([
    ["a gateway that is not to be reached", { gateways: ["203.0.113.9"] }, "ENETUNREACH"],
    ["a configuration that is wrong", { table: -1 }, '"table"'],
    ["addresses that nobody knows", { prevResult: { cniVersion: "1.1.0", ips: [] } }, "has none"],
    ["nothing before it", { prevResult: undefined }, "prevResult is missing"],
  ])("that fails by %s changes nothing", (_, own, message) => {
    const before = everything();
    expect(call("ADD", conf(own)).error?.msg).toContain(message);
    expect(everything()).toEqual(before);
  });
});

test("ADDs at the same time take different tables", async () => {
  const count = 4;
  for (let i = 0; i < count; i++) {
    createLink(pod.conn, { kind: "veth", name: `par${i}`, up: true, peer: { name: `x${i}` } });
    ip(pod, `address add 198.51.${110 + i}.2/24 dev par${i}`);
  }
  const adds = Array.from({ length: count }, (_, i) => {
    const ips = [{ address: `198.51.${110 + i}.2/24` }];
    const stdin = Buffer.from(JSON.stringify(conf({}, ips)));
    const env = {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c1",
      CNI_NETNS: pod.path,
      CNI_IFNAME: `par${i}`,
      CNI_PATH: lab.path,
    };
    const script = join(import.meta.dir, "../../../../../cmd/nodewright.ts");
    return Bun.spawn([process.execPath, script], { argv0: "sbr", env, stdin, stdout: "ignore" });
  });
  expect(await Promise.all(adds.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  const tables = rules().map((line) => line.split(" ").at(-1));
  expect(tables.sort()).toEqual(["100", "101", "102", "103"]);
});

describe("what was interrupted", () => {
  test("ADD once more finishes it, with the same table", () => {
    ip(pod, "rule add from 198.51.101.2 lookup 100");
    mustCall("ADD", conf());
    expect(rules()).toEqual(["32765: from 198.51.101.2 lookup 100"]);
    const whole = everything();
    mustCall("ADD", conf());
    expect(everything()).toEqual(whole);
    // Cut off when some routes were copied and some moved.
    ip(pod, "route del default table 100");
    ip(pod, "route add 203.0.113.64/26 via 198.51.101.1 dev net1 onlink");
    mustCall("ADD", conf());
    expect(rules()).toHaveLength(1);
    expect(routes(100)).toHaveLength(4);
    mustCall("CHECK", conf());
  });

  test("DEL takes rules and tables away, again and again", () => {
    mustCall("ADD", conf({}, [V4, V6]));
    for (const _ of [1, 2]) mustCall("DEL", conf({}, [V4, V6]));
    expect([...rules(), ...rules("-6"), ...routes(100)]).toEqual([]);
    const family6 = ip(pod, "-6 route show table all");
    expect(family6.filter((line) => line.includes("table 101"))).toEqual([]);
  });

  test("DEL finds the rules although the interface has gone", () => {
    mustCall("ADD", conf());
    deleteLink(pod.conn, "net1");
    mustCall("DEL", conf());
    expect(rules()).toEqual([]);
  });

  test("DEL finds the rules although nobody knows what ADD told", () => {
    mustCall("ADD", conf());
    mustCall("DEL", conf({ prevResult: undefined, table: "wrong" }));
    expect(rules()).toEqual([]);
  });

  test.each(["", "/run/netns/nwlab-none"])("DEL without a namespace (%j) is done", (netns) => {
    lab.mustCall("sbr", { command: "DEL", conf: conf(), netns, ifName: "net1" });
    expect(existsSync("/run/netns/nwlab-none")).toBe(false);
  });
});

describe("CHECK, GC and STATUS", () => {
  test.each([
    ["the rule", "rule del from 198.51.101.2", "there is no rule for packets from 198.51.101.2"],
    [
      "the default route",
      "route del default table 100",
      "table 100, for packets from 198.51.101.2",
    ],
  ])("CHECK misses %s", (_, change, message) => {
    mustCall("ADD", conf());
    ip(pod, change);
    expect(call("CHECK", conf()).error?.msg).toContain(message);
  });

  test("CHECK misses the routes of an address without a gateway", () => {
    const ips = [{ ...V4, gateway: undefined }];
    mustCall("ADD", conf({}, ips));
    mustCall("CHECK", conf({}, ips));
    ip(pod, "route flush table 100");
    expect(call("CHECK", conf({}, ips)).error?.msg).toContain("has no route by the interface");
  });

  test("CHECK misses the interface", () => {
    mustCall("ADD", conf());
    setLink(pod.conn, getLink(pod.conn, "net1").index, { up: false });
    deleteLink(pod.conn, "net1");
    expect(call("CHECK", conf()).error?.msg).toContain("the interface is missing");
  });

  test("GC has nothing to do, STATUS looks at the configuration and the kernel", () => {
    const gc = { ...conf(), "cni.dev/valid-attachments": [] };
    lab.mustCall("sbr", { command: "GC", conf: gc });
    lab.mustCall("sbr", { command: "STATUS", conf: conf() });
    const wrong = lab.call("sbr", { command: "STATUS", conf: conf({ table: -1 }) });
    expect(wrong.error).toMatchObject({ code: 7 });
  });
});
