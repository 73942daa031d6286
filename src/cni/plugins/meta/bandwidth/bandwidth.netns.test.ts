import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseAddress } from "../../../../ip/mod.ts";
import {
  addAddress,
  addClsact,
  addRedirect,
  createLink,
  deleteFilter,
  deleteLink,
  deleteQdisc,
  findQdisc,
  getLink,
  type Link,
  listFilters,
  listLinks,
  replaceTokenBucket,
  setLink,
} from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";
import { ifbAlias, ownIfbName, referenceIfbName } from "./ifb-name.ts";
import { redirectReceived } from "./redirect.ts";
import { tokenBucketOf } from "./token-bucket.ts";

/** 1000 bytes a second, 10000 at once: of many packets only the first few pass. */
const SLOW = { rate: 8000, burst: 80_000 };
const INGRESS = { ingressRate: SLOW.rate, ingressBurst: SLOW.burst };
const EGRESS = { egressRate: SLOW.rate, egressBurst: SLOW.burst };
const BOTH = { ...INGRESS, ...EGRESS };
const BUCKET = tokenBucketOf(SLOW, 25);

const first = { network: "net", containerId: "c1", ifName: "eth0" };
const second = { ...first, ifName: "eth1" };

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  addVeth("host0", "eth0", 1);
});
afterEach(() => lab[Symbol.dispose]());

/** A pair between host and pod: 198.51.100.1 and .2 in the first net, and so on. */
function addVeth(host: string, name: string, net: number): void {
  createLink(lab.host.conn, {
    kind: "veth",
    name: host,
    up: true,
    peer: { name, netns: pod.netns },
  });
  setLink(pod.conn, name, { up: true });
  for (const [where, link, last] of [
    [lab.host, host, 1],
    [pod, name, 2],
  ] as const) {
    const address = parseAddress(`198.51.${99 + net}.${last}`);
    if (!address.ok) throw new Error(address.error);
    const linkIndex = getLink(where.conn, link).index;
    addAddress(where.conn, { linkIndex, address: address.value, prefixLength: 24 });
  }
}

function conf(own: object, more: object = {}) {
  const interfaces = [{ name: "host0" }, { name: "eth0", sandbox: pod.path }];
  const prevResult = { cniVersion: "1.1.0", interfaces, ips: [] };
  return { cniVersion: "1.1.0", name: "net", type: "bandwidth", prevResult, ...own, ...more };
}
/** ADD, and the configuration that CHECK and DEL get after it. */
function add(own: object, ifName = "eth0") {
  const { stdout, result } = lab.mustCall("bandwidth", {
    command: "ADD",
    conf: conf(own),
    pod,
    ifName,
  });
  return { result, after: conf(own, { prevResult: JSON.parse(stdout) }) };
}
const mustDel = (own: object, more: object = {}) =>
  lab.mustCall("bandwidth", { command: "DEL", conf: own, pod, ...more });
const ifbs = (where = lab.host): Link[] => listLinks(where.conn).filter((l) => l.kind === "ifb");
const veth = (): number => getLink(lab.host.conn, "host0").index;
const received = () => ({ linkIndex: veth(), under: "clsact" }) as const;
const isClean = (): boolean =>
  ifbs().length === 0 &&
  findQdisc(lab.host.conn, veth(), "root") === undefined &&
  findQdisc(lab.host.conn, veth(), "ingress") === undefined;

/**
 * How many of 100 datagrams of 1000 bytes arrive: those to a closed port are counted. A few are not
 * sent, as the sender hears that it is closed.
 */
function arrivals(from: LabNetns, to: LabNetns, address: string): number {
  const count = (): number => {
    const [names, values] = lab
      .run(to, ["cat", "/proc/net/snmp"])
      .split("\n")
      .filter((line) => line.startsWith("Udp:"))
      .map((line) => line.split(" "));
    return Number(values?.[names?.indexOf("NoPorts") ?? -1]);
  };
  // So that none of them waits for the neighbour's MAC. For a second only: an answer that a limit
  // holds back for long makes the kernel forget the MAC.
  lab.isSilent(from, address);
  const before = count();
  const send = `
    const socket = require("node:dgram").createSocket("udp4");
    let left = 100;
    for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(1000), 9, "${address}", () => --left || socket.close());`;
  lab.run(from, [process.execPath, "-e", send]);
  return count() - before;
}
const toPod = (): number => arrivals(lab.host, pod, "198.51.100.2");
const fromPod = (): number => arrivals(pod, lab.host, "198.51.100.1");

describe("traffic", () => {
  test("without limits all of it passes, and with them a few packets each way, until DEL", () => {
    for (const count of [toPod(), fromPod()]) expect(count).toBeGreaterThan(89);
    const { after } = add(BOTH);
    for (const count of [toPod(), fromPod()]) {
      expect(count).toBeGreaterThan(4);
      expect(count).toBeLessThan(30);
    }
    mustDel(after);
    for (const count of [toPod(), fromPod()]) expect(count).toBeGreaterThan(89);
  });

  test("ingress is what the pod receives, egress is what it sends", () => {
    const { after } = add(INGRESS);
    expect(toPod()).toBeLessThan(30);
    expect(fromPod()).toBeGreaterThan(89);
    mustDel(after);
    add(EGRESS);
    expect(fromPod()).toBeLessThan(30);
    expect(toPod()).toBeGreaterThan(89);
  });

  test("an interface without an end on the host is shaped in the pod", () => {
    createLink(lab.host.conn, {
      kind: "macvlan",
      name: "mac0",
      mode: "bridge",
      parentIndex: veth(),
      netns: pod.netns,
    });
    const macvlan = getLink(pod.conn, "mac0");
    const { result, after } = add(BOTH, "mac0");
    expect(findQdisc(pod.conn, macvlan.index, "root")?.tokenBucket).toEqual(BUCKET);
    const [ifb] = ifbs(pod);
    expect(result?.interfaces.at(-1)).toEqual({
      name: referenceIfbName(first),
      mac: ifb?.address ?? "none",
      sandbox: pod.path,
    });
    expect(findQdisc(pod.conn, ifb?.index ?? 0, "root")?.tokenBucket).toEqual(BUCKET);
    expect(ifbs()).toEqual([]);
    lab.mustCall("bandwidth", { command: "CHECK", conf: after, pod, ifName: "mac0" });
    for (const _ of [1, 2]) mustDel(after, { ifName: "mac0" });
    expect(ifbs(pod)).toEqual([]);
    expect(findQdisc(pod.conn, macvlan.index, "root")).toBeUndefined();
    expect(findQdisc(pod.conn, macvlan.index, "ingress")).toBeUndefined();
  });
});

describe("ADD", () => {
  test("tells of the ifb last; CHECK is content; DEL takes all away, again and again", () => {
    const { result, after } = add(BOTH);
    const [ifb, ...others] = ifbs();
    expect(others).toEqual([]);
    expect(ifb).toMatchObject({ name: referenceIfbName(first), mtu: 1500, isUp: true });
    expect(ifb?.alias).toBe(ifbAlias(first));
    expect(result?.interfaces).toEqual([
      { name: "host0" },
      { name: "eth0", sandbox: pod.path },
      { name: ifb?.name ?? "", mac: ifb?.address ?? "" },
    ]);
    for (const index of [veth(), ifb?.index ?? 0]) {
      expect(findQdisc(lab.host.conn, index, "root")).toMatchObject({
        handle: 0x10000,
        tokenBucket: BUCKET,
      });
    }
    lab.mustCall("bandwidth", { command: "CHECK", conf: after, pod });
    for (const _ of [1, 2]) mustDel(after);
    expect(isClean()).toBe(true);
  });

  test("takes what the runtime says, and nothing where nobody says anything", () => {
    const { result } = add({ runtimeConfig: { bandwidth: INGRESS } });
    expect(result?.interfaces).toHaveLength(2);
    expect(findQdisc(lab.host.conn, veth(), "root")?.tokenBucket).toEqual(BUCKET);
    mustDel(conf({}));
    expect(add({}).result?.interfaces).toHaveLength(2);
    expect(isClean()).toBe(true);
    lab.mustCall("bandwidth", { command: "CHECK", conf: conf({}), pod });
  });

  test("a latency of its own is the queue's length", () => {
    const { after } = add({ ...BOTH, latency: 400 });
    const { tokenBucket } = findQdisc(lab.host.conn, veth(), "root") ?? {};
    expect(tokenBucket?.limitBytes).toBe(10_400);
    lab.mustCall("bandwidth", { command: "CHECK", conf: after, pod });
  });

  test("once more changes what is there", () => {
    add(BOTH);
    const faster = { ...BOTH, ingressRate: 16_000, egressRate: 16_000 };
    const { after } = add(faster);
    expect(ifbs()).toHaveLength(1);
    expect(listFilters(lab.host.conn, received())).toHaveLength(1);
    expect(findQdisc(lab.host.conn, veth(), "root")?.tokenBucket?.rateBytes).toBe(2000);
    lab.mustCall("bandwidth", { command: "CHECK", conf: after, pod });
    mustDel(after);
    expect(isClean()).toBe(true);
  });

  test("that fails leaves nothing", () => {
    const names = [referenceIfbName(first), ownIfbName(first)];
    for (const name of names) createLink(lab.host.conn, { kind: "bridge", name });
    const { error } = lab.call("bandwidth", { command: "ADD", conf: conf(BOTH), pod });
    expect(error).toMatchObject({ code: 999, msg: expect.stringContaining("EEXIST") });
    expect(isClean()).toBe(true);
    mustDel(conf(BOTH));
    for (const name of names) expect(getLink(lab.host.conn, name).kind).toBe("bridge");
  });

  test("is refused without a plugin before it, and without the interface", () => {
    const { prevResult, ...alone } = conf({});
    expect(prevResult).toBeDefined();
    const call = { command: "ADD", pod } as const;
    expect(lab.call("bandwidth", { ...call, conf: alone }).error).toMatchObject({ code: 7 });
    const missing = lab.call("bandwidth", { ...call, conf: conf(BOTH), ifName: "none" });
    expect(missing.error?.msg).toContain('Cannot shape "none": there is no such interface');
  });

  test("says where somebody may have meant something else", () => {
    const own = { ...INGRESS, ingressBurst: 8000, unshapedSubnets: ["10.0.0.0/8"] };
    const { stderr } = lab.mustCall("bandwidth", { command: "ADD", conf: conf(own), pod });
    expect(stderr).toContain('"unshapedSubnets" is not supported');
    expect(stderr).toContain('"ingressBurst" lets 1000 bytes through at once');
  });
});

describe("two interfaces of one container on one network", () => {
  test("have an ifb each, and the DEL of one leaves the other's", () => {
    addVeth("host1", "eth1", 2);
    const one = add(BOTH);
    const other = add(BOTH, "eth1");
    expect(ifbs().map(({ name }) => name)).toEqual([referenceIfbName(first), ownIfbName(second)]);
    lab.mustCall("bandwidth", { command: "CHECK", conf: one.after, pod });
    lab.mustCall("bandwidth", { command: "CHECK", conf: other.after, pod, ifName: "eth1" });
    for (const _ of [1, 2]) mustDel(other.after, { ifName: "eth1" });
    expect(ifbs().map(({ alias }) => alias)).toEqual([ifbAlias(first)]);
    lab.mustCall("bandwidth", { command: "CHECK", conf: one.after, pod });
    mustDel(one.after);
    expect(isClean()).toBe(true);
  });

  test("cni 10: keep the one that the reference has made, until their own DEL", () => {
    addVeth("host1", "eth1", 2);
    createLink(lab.host.conn, { kind: "ifb", name: referenceIfbName(first), up: true });
    const { index } = getLink(lab.host.conn, referenceIfbName(first));
    const link = getLink(lab.host.conn, "host1");
    redirectReceived({ conn: lab.host.conn, link, isInPod: false }, index);
    replaceTokenBucket(lab.host.conn, { linkIndex: index, ...BUCKET });
    const { after } = add(BOTH);
    expect(ifbs().map(({ name }) => name)).toEqual([referenceIfbName(first), ownIfbName(first)]);
    for (const _ of [1, 2]) mustDel(after);
    expect(ifbs().map(({ name }) => name)).toEqual([referenceIfbName(first)]);
    // Nobody knows what ADD told: then it is this attachment's.
    const { prevResult, ...unknown } = after;
    expect(prevResult).toBeDefined();
    mustDel(unknown);
    expect(ifbs()).toEqual([]);
    // What ADD told does not name it, as after the reference's own.
    createLink(lab.host.conn, { kind: "ifb", name: referenceIfbName(first), up: true });
    redirectReceived(
      { conn: lab.host.conn, link, isInPod: false },
      getLink(lab.host.conn, referenceIfbName(first)).index,
    );
    mustDel({ ...unknown, prevResult: { cniVersion: "1.0.0", interfaces: [], ips: [] } });
    expect(ifbs()).toEqual([]);
  });
});

describe("what was interrupted", () => {
  /** What ADD does, step by step. */
  const STEPS = [
    () => replaceTokenBucket(lab.host.conn, { linkIndex: veth(), ...BUCKET }),
    () => createLink(lab.host.conn, { kind: "ifb", name: referenceIfbName(first), up: true }),
    () => setLink(lab.host.conn, referenceIfbName(first), { alias: ifbAlias(first) }),
    () => {
      const linkIndex = getLink(lab.host.conn, referenceIfbName(first)).index;
      replaceTokenBucket(lab.host.conn, { linkIndex, ...BUCKET });
    },
    () => addClsact(lab.host.conn, veth()),
    () => {
      const targetIndex = getLink(lab.host.conn, referenceIfbName(first)).index;
      addRedirect(lab.host.conn, { ...received(), targetIndex, priority: 0xc000 });
    },
  ];
  const cases = STEPS.map((_, i) => [i + 1] as const);

  test.each(cases)("DEL after step %i of ADD leaves nothing", (count) => {
    for (const step of STEPS.slice(0, count)) step();
    mustDel(conf(BOTH));
    expect(isClean()).toBe(true);
  });

  test.each(cases)("ADD after step %i of ADD finishes it", (count) => {
    for (const step of STEPS.slice(0, count)) step();
    const { after } = add(BOTH);
    expect(ifbs().map(({ name }) => name)).toEqual([referenceIfbName(first)]);
    expect(listFilters(lab.host.conn, received())).toHaveLength(1);
    mustDel(after);
    expect(isClean()).toBe(true);
  });

  test("DEL after step by step of DEL leaves nothing", () => {
    const { after } = add(BOTH);
    for (const filter of listFilters(lab.host.conn, received())) {
      deleteFilter(lab.host.conn, received(), filter);
    }
    mustDel(after);
    expect(isClean()).toBe(true);
    const again = add(BOTH);
    // As the reference's DEL leaves it: a redirect to nowhere, which ADD replaces.
    deleteLink(lab.host.conn, referenceIfbName(first));
    add(BOTH);
    expect(listFilters(lab.host.conn, received())).toHaveLength(1);
    deleteLink(lab.host.conn, referenceIfbName(first));
    mustDel(again.after);
    expect(isClean()).toBe(true);
  });

  test.each([
    ["is not named", ""],
    ["has gone", "/run/netns/nwlab-none"],
  ])("DEL takes the ifb away where the namespace %s", (_, netns) => {
    const { after } = add(BOTH);
    lab.mustCall("bandwidth", { command: "DEL", conf: after, netns });
    expect(ifbs()).toEqual([]);
  });

  test("DEL works with a configuration that ADD would refuse", () => {
    add(BOTH);
    mustDel(conf({ ingressRate: -1, egressBurst: "x", latency: 0 }));
    expect(isClean()).toBe(true);
  });
});

describe("what others have at the link", () => {
  test("clsact with filters is shared, and stays", () => {
    addClsact(lab.host.conn, veth());
    const { index } = getLink(lab.host.conn, "lo");
    addRedirect(lab.host.conn, { ...received(), targetIndex: index, priority: 1 });
    const { after } = add(EGRESS);
    const filters = listFilters(lab.host.conn, received());
    expect(filters.map(({ priority }) => priority)).toEqual([1, 0xc000]);
    mustDel(after);
    expect(listFilters(lab.host.conn, received())).toEqual(filters.slice(0, 1));
  });

  test("the older ingress qdisc is used where it is there", () => {
    const made = lab.tryRun(lab.host, ["tc", "qdisc", "add", "dev", "host0", "ingress"]);
    if (made.exitCode !== 0) return console.log(`not tried: ${made.stderr}`);
    const { after } = add(EGRESS);
    expect(findQdisc(lab.host.conn, veth(), "ingress")?.kind).toBe("ingress");
    expect(listFilters(lab.host.conn, { linkIndex: veth(), under: "ingress" })).toHaveLength(1);
    lab.mustCall("bandwidth", { command: "CHECK", conf: after, pod });
    mustDel(after);
    expect(isClean()).toBe(true);
  });
});

describe("CHECK", () => {
  test.each([
    [
      "the bucket of the host's end",
      () => deleteQdisc(lab.host.conn, veth(), "root"),
      '"host0" does not send',
    ],
    [
      "the rate of the host's end",
      () => replaceTokenBucket(lab.host.conn, { linkIndex: veth(), ...BUCKET, rateBytes: 7 }),
      '"host0" does not send',
    ],
    ["the ifb", () => deleteLink(lab.host.conn, referenceIfbName(first)), "the ifb is missing"],
    [
      "the bucket of the ifb",
      () =>
        deleteQdisc(lab.host.conn, getLink(lab.host.conn, referenceIfbName(first)).index, "root"),
      `"${referenceIfbName(first)}" does not send`,
    ],
    ["the redirect", () => deleteQdisc(lab.host.conn, veth(), "ingress"), "is not redirected"],
  ])("misses %s", (_, change, message) => {
    const { after } = add(BOTH);
    change();
    const { error } = lab.call("bandwidth", { command: "CHECK", conf: after, pod });
    expect(error?.msg).toContain(message);
  });
});

describe("GC and STATUS", () => {
  test("GC removes this network's ifbs without a valid attachment, and no others", () => {
    addVeth("host1", "eth1", 2);
    add(EGRESS);
    add(EGRESS, "eth1");
    createLink(lab.host.conn, { kind: "ifb", name: "bwp000000000000" });
    createLink(lab.host.conn, { kind: "ifb", name: "bwp000000000001" });
    const other = ifbAlias({ ...first, network: "other" });
    setLink(lab.host.conn, "bwp000000000001", { alias: other });
    const gc = {
      ...conf({}),
      "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth1" }],
    };
    for (const _ of [1, 2]) lab.mustCall("bandwidth", { command: "GC", conf: gc });
    expect(ifbs().map(({ alias }) => alias)).toEqual([ifbAlias(second), undefined, other]);
  });

  test("STATUS tries all of it, and leaves nothing", () => {
    lab.mustCall("bandwidth", { command: "STATUS", conf: conf(BOTH) });
    expect(ifbs()).toEqual([]);
    const wrong = lab.call("bandwidth", { command: "STATUS", conf: conf({ ingressRate: 8 }) });
    expect(wrong.error).toMatchObject({ code: 7 });
  });
});
