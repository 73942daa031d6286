import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LabNetns, PluginLab, PodNetwork } from "../../../testing/mod.ts";
import { PrivateBus } from "./testing/private-bus.ts";

let lab: PluginLab;
let network: PodNetwork;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  network = new PodNetwork(lab);
  pod = network.pod(2);
});
afterEach(() => lab[Symbol.dispose]());

interface Call {
  readonly keys?: object;
  readonly pod?: LabNetns;
  readonly number?: number;
  readonly bridge?: "cni0" | "cni1";
  readonly containerId?: string;
  readonly name?: string;
  readonly valid?: readonly { containerID: string; ifname: string }[];
  readonly withoutPrevResult?: boolean;
  /** Of prevResult's addresses, that of IPv4 alone. */
  readonly only4?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** No bus where a test has none: the machine's own firewalld is none of its business. */
const NO_BUS = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent" };

function firewall(command: "ADD" | "DEL" | "CHECK" | "GC" | "STATUS", call: Call = {}) {
  const { name = "mynet", keys = {}, number = 2, bridge = "cni0" } = call;
  const made = network.result(call.pod ?? pod, number, bridge);
  const ips = call.only4 === true ? made.ips.slice(0, 1) : made.ips;
  const prevResult = { ...made, ips, cniVersion: "1.1.0" };
  const conf = {
    cniVersion: "1.1.0",
    name,
    type: "firewall",
    dataDir: join(lab.directory, "firewall"),
    ...keys,
    ...(call.withoutPrevResult === true ? {} : { prevResult }),
    ...(call.valid === undefined ? {} : { "cni.dev/valid-attachments": call.valid }),
  };
  const { containerId = "abc123", env = NO_BUS } = call;
  return lab.call("firewall", { command, conf, pod: call.pod ?? pod, containerId, env });
}
function must(...args: Parameters<typeof firewall>) {
  const outcome = firewall(...args);
  if (outcome.exitCode !== 0) throw new Error(outcome.stdout + outcome.stderr);
  return outcome;
}
const nft = (...args: string[]): string => lab.run(lab.host, ["nft", ...args]);
const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "}");
const records = (): string[] => {
  try {
    return readdirSync(join(lab.directory, "firewall"));
  } catch {
    return [];
  }
};

describe("nftables", () => {
  const frame = [
    "table inet cni_firewall {",
    'comment "Forwarding to and from pods"',
    "set bridges {",
    "type ifname",
    "chain isolation {",
    "iifname @bridges oifname @bridges drop",
    "chain admin {",
    "chain pods {",
    "chain forward {",
    "type filter hook forward priority filter; policy accept;",
    "jump isolation",
    "jump admin",
    "jump pods",
  ];

  test("ADD lets a pod's addresses through, DEL takes that back; both as often as wanted", () => {
    const { result } = must("ADD");
    expect(result?.ips).toHaveLength(2);
    const once = nft("list", "ruleset");
    must("ADD");
    expect(nft("list", "ruleset")).toBe(once);
    const comment = 'comment "d23676b4f2d9fe04-ebce0e3dd4dafae3, net: mynet, if: eth0, id: abc123"';
    expect(lines(once).filter((line) => line.includes('comment "d2'))).toEqual([
      `ip daddr 10.11.0.2 ct state established,related accept ${comment}`,
      `ip saddr 10.11.0.2 accept ${comment}`,
      `ip6 daddr fd00:11::2 ct state established,related accept ${comment}`,
      `ip6 saddr fd00:11::2 accept ${comment}`,
    ]);
    must("CHECK");
    must("DEL", { withoutPrevResult: true });
    must("DEL");
    expect(lines(nft("list", "ruleset"))).toEqual(frame);
    expect(firewall("CHECK").error?.msg).toContain("the rules for 10.11.0.2");
    expect(records()).toEqual([]);
  });

  test("with a policy that drops, pods are let through as the rules say; the administrator's stay", () => {
    must("ADD");
    nft("chain inet cni_firewall forward { policy drop; }");
    nft("add rule inet cni_firewall admin ip saddr 192.0.2.2 ip daddr 10.11.0.2 accept");
    lab.run(network.outside, ["ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.1"]);
    const other = network.pod(3);
    expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
    expect(lab.isSilent(other, "192.0.2.2")).toBe(true);
    expect(lab.canPing(network.outside, "10.11.0.2")).toBe(true);
    expect(lab.isSilent(network.outside, "10.11.0.3")).toBe(true);
    nft("flush", "chain", "inet", "cni_firewall", "forward");
    must("ADD", { pod: other, number: 3, containerId: "def456" });
    const text = nft("list", "table", "inet", "cni_firewall");
    expect(text).toContain("policy drop");
    expect(text).toContain("ip saddr 192.0.2.2 ip daddr 10.11.0.2 accept");
    expect(lines(text).slice(-3)).toEqual(["jump isolation", "jump admin", "jump pods"]);
    expect(lab.canPing(other, "192.0.2.2")).toBe(true);
  });

  test("same-bridge: bridges do not hear each other, until the last pod is gone", () => {
    network.addBridge("cni1");
    const away = network.pod(3, "cni1");
    const here = { keys: { ingressPolicy: "same-bridge" } };
    const there = { ...here, pod: away, number: 3, bridge: "cni1", name: "othernet" } as const;
    expect(lab.canPing(pod, "10.12.0.3")).toBe(true);
    must("ADD", here);
    must("ADD", { ...here, containerId: "second", pod: network.pod(4), number: 4 });
    expect(lab.canPing(pod, "10.12.0.3")).toBe(true);
    must("ADD", there);
    must("CHECK", here);
    must("CHECK", there);
    expect(lab.isSilent(pod, "10.12.0.3")).toBe(true);
    expect(lab.isSilent(away, "10.11.0.2")).toBe(true);
    expect(lab.canPing(pod, "10.11.0.4")).toBe(true);
    expect(lab.canPing(lab.host, "10.12.0.3")).toBe(true);
    expect(nft("list", "set", "inet", "cni_firewall", "bridges").replace(/\s+/g, " ")).toContain(
      '{ "cni0", "cni1" }',
    );
    must("DEL", here);
    expect(lab.isSilent(pod, "10.12.0.3")).toBe(true);
    must("DEL", { ...here, containerId: "second", withoutPrevResult: true });
    expect(lab.canPing(pod, "10.12.0.3")).toBe(true);
    must("DEL", there);
    expect(lines(nft("list", "ruleset"))).toEqual(frame);
  });

  test("isolated: pods of one bridge do not reach each other through the host either", () => {
    const rules = (): string[] =>
      lines(nft("list", "chain", "inet", "cni_firewall", "isolation")).slice(2);
    must("ADD", { keys: { ingressPolicy: "same-bridge" } });
    expect(rules()).toEqual([
      'iifname "cni0" oifname "cni0" return',
      "iifname @bridges oifname @bridges drop",
    ]);
    must("ADD", { keys: { ingressPolicy: "isolated" } });
    expect(rules()).toEqual(["iifname @bridges oifname @bridges drop"]);
    must("CHECK", { keys: { ingressPolicy: "isolated" } });
    const wrong = firewall("CHECK", { keys: { ingressPolicy: "same-bridge" } });
    expect(wrong.error?.msg).toContain('the ingress policy of "cni0" is missing');
  });

  test("GC removes what is not valid, of its own network", () => {
    for (const containerId of ["a", "b"]) must("ADD", { containerId });
    must("ADD", { containerId: "c", name: "othernet" });
    must("GC", { valid: [{ containerID: "b", ifname: "eth0" }] });
    const ids = new Set(nft("list", "ruleset").match(/id: ./g));
    expect(ids).toEqual(new Set(["id: b", "id: c"]));
  });

  test.each(["drop", "counter reject", "log counter drop"])(
    "cni 19: a chain of others whose last rule is %s is named by ADD and STATUS",
    (rule) => {
      nft("add table inet f; add chain inet f x { type filter hook forward priority 0; }");
      nft("add rule inet f x ip saddr 192.0.2.2 drop");
      expect(must("STATUS").stderr).toBe("");
      nft(`add rule inet f x ${rule}`);
      for (const command of ["ADD", "STATUS"] as const) {
        expect(must(command).stderr).toContain("the chain x of table inet f drops");
      }
    },
  );

  test("chains of others that drop are told of; STATUS and errors", () => {
    nft(
      "add table inet f; add chain inet f x { type filter hook forward priority 0; policy drop; }",
    );
    expect(must("ADD").stderr).toContain("the chain x of table inet f drops");
    must("STATUS");
    const keys = { ingressPolicy: "closed" };
    expect(firewall("ADD", { keys }).error).toMatchObject({ code: 7 });
    expect(firewall("ADD", { withoutPrevResult: true }).error?.code).toBe(7);
    expect(firewall("STATUS", { keys: { backend: "firewalld" } }).error).toMatchObject({
      code: 50,
      msg: "Cannot open the firewall for pods: firewalld is not there",
    });
  });
});

describe("iptables", () => {
  const keys = { backend: "iptables" };
  const save = (family: "ip" | "ip6" = "ip"): string[] =>
    lines(lab.run(lab.host, [`${family}tables-save`, "-t", "filter"])).filter((line) =>
      /^(-A|:CNI)/.test(line),
    );
  const plain = [
    ":CNI-ADMIN - [0:0]",
    ":CNI-FORWARD - [0:0]",
    '-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD',
    '-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN',
  ];
  const own = [
    "-A CNI-FORWARD -d 10.11.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A CNI-FORWARD -s 10.11.0.2/32 -j ACCEPT",
  ];

  test("the rules are the reference's; DEL needs neither prevResult nor iptables", () => {
    must("ADD", { keys });
    must("ADD", { keys });
    expect(save()).toEqual([...plain, ...own]);
    expect(save("ip6").slice(-1)).toEqual(["-A CNI-FORWARD -s fd00:11::2/128 -j ACCEPT"]);
    must("CHECK", { keys });
    must("CHECK");
    expect(records()).toHaveLength(1);
    must("DEL", { withoutPrevResult: true });
    expect(save()).toEqual(plain);
    expect(save("ip6")).toEqual(plain);
    expect(records()).toEqual([]);
    expect(firewall("CHECK", { keys }).error?.msg).toContain("the rules for 10.11.0.2");
  });

  test("a pod of IPv4 alone needs no ip6tables", () => {
    const bin = join(lab.directory, "broken");
    mkdirSync(bin);
    for (const tool of ["save", "restore"]) {
      writeFileSync(join(bin, `ip6tables-${tool}`), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    }
    const env = { ...NO_BUS, PATH: `${bin}:${process.env["PATH"]}` };
    expect(firewall("ADD", { keys, env }).error?.msg).toContain("ip6tables");
    const only4 = { keys, env, only4: true };
    for (const command of ["ADD", "CHECK", "DEL"] as const) must(command, only4);
    expect(save()).toEqual(plain);
  });

  test("CHECK says what is missing and makes nothing", () => {
    expect(firewall("CHECK", { keys }).error?.msg).toContain("FORWARD to CNI-FORWARD");
    expect(save()).toEqual([]);
  });

  test("what has no record goes by prevResult, as after the reference's ADD", () => {
    must("ADD", { keys });
    lab.run(lab.host, ["rm", "-r", join(lab.directory, "firewall")]);
    must("DEL");
    expect(save()).toEqual(plain);
  });

  test("the chain of the administrator may have another name", () => {
    must("ADD", { keys: { ...keys, iptablesAdminChainName: "MINE" } });
    expect(save()).toContain(
      '-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j MINE',
    );
  });

  test("isolation is the reference's", () => {
    must("ADD", { keys: { ...keys, ingressPolicy: "same-bridge" } });
    must("ADD", { keys: { ...keys, ingressPolicy: "isolated" } });
    must("ADD", { keys: { ...keys, ingressPolicy: "isolated" } });
    const comment = (policy: string): string =>
      `-m comment --comment "CNI firewall plugin rules (ingressPolicy: ${policy})"`;
    const both = comment("same-bridge|isolated");
    expect(save().filter((line) => line.includes("ISOLATION") && line.startsWith("-A"))).toEqual([
      `-A FORWARD ${both} -j CNI-ISOLATION-STAGE-1`,
      `-A CNI-ISOLATION-STAGE-1 -i cni0 -o cni0 ${comment("isolated")} -j DROP`,
      `-A CNI-ISOLATION-STAGE-1 -i cni0 ! -o cni0 ${comment("same-bridge")} -j CNI-ISOLATION-STAGE-2`,
      `-A CNI-ISOLATION-STAGE-1 ${both} -j RETURN`,
      `-A CNI-ISOLATION-STAGE-2 -o cni0 ${both} -j DROP`,
      `-A CNI-ISOLATION-STAGE-2 ${both} -j RETURN`,
    ]);
    must("CHECK", { keys: { ...keys, ingressPolicy: "isolated" } });
  });

  test("it is taken by itself where its FORWARD drops, and lets pods through", () => {
    lab.run(network.outside, ["ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.1"]);
    lab.run(lab.host, ["iptables", "-P", "FORWARD", "DROP"]);
    expect(lab.isSilent(pod, "192.0.2.2")).toBe(true);
    must("ADD");
    expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
    expect(save()).toEqual([...plain, ...own]);
    must("DEL");
    expect(lab.isSilent(pod, "192.0.2.2")).toBe(true);
  });

  test("GC goes by the records; the legacy tables are torn down too", () => {
    for (const [containerId, number] of [
      ["a", 5],
      ["b", 6],
    ] as const) {
      must("ADD", { keys, containerId, number });
    }
    must("ADD", { keys, containerId: "c", number: 7, name: "othernet" });
    must("GC", { valid: [{ containerID: "b", ifname: "eth0" }] });
    const left = save()
      .filter((line) => line.includes(" -s "))
      .join();
    expect(left).toContain("10.11.0.6");
    expect(left).toContain("10.11.0.7");
    expect(left).not.toContain("10.11.0.5");
    const legacy = (...args: string[]): string => lab.run(lab.host, ["iptables-legacy", ...args]);
    legacy("-N", "CNI-FORWARD");
    legacy("-A", "CNI-FORWARD", "-s", "10.11.0.9", "-j", "ACCEPT");
    must("DEL", { containerId: "z", number: 9 });
    expect(legacy("-S")).not.toContain("10.11.0.9");
  });
});

describe("firewalld", () => {
  test("pods' addresses are sources of a zone; it is taken by itself where it runs", () => {
    using bus = new PrivateBus(lab.directory);
    const { env } = bus;
    /** What busctl, the second opinion, is told. */
    const isSource = (source: string, zone = "trusted"): boolean => {
      const service = "org.fedoraproject.FirewallD1";
      const path = "/org/fedoraproject/FirewallD1";
      const call = ["call", service, path, `${service}.zone`, "querySource", "ss", zone, source];
      const address = env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "";
      return lab.run(lab.host, ["busctl", `--address=${address}`, ...call]).trim() === "b true";
    };
    must("STATUS", { env });
    must("ADD", { env });
    must("ADD", { env });
    expect(isSource("10.11.0.2/32")).toBe(true);
    expect(isSource("fd00:11::2/128")).toBe(true);
    must("CHECK", { env });
    must("DEL", { env, withoutPrevResult: true });
    must("DEL", { env });
    expect(isSource("10.11.0.2/32")).toBe(false);
    expect(firewall("CHECK", { env }).error?.msg).toContain('10.11.0.2/32 in the zone "trusted"');
    const keys = { backend: "firewalld", firewalldZone: "pods", ingressPolicy: "same-bridge" };
    must("ADD", { env, keys });
    must("CHECK", { env, keys });
    expect(isSource("10.11.0.2/32", "pods")).toBe(true);
    expect(nft("list", "set", "inet", "cni_firewall", "bridges")).toContain('"cni0"');
    must("GC", { env, valid: [], keys });
    expect(isSource("10.11.0.2/32", "pods")).toBe(false);
    expect(nft("list", "set", "inet", "cni_firewall", "bridges")).not.toContain('"cni0"');
    const missing = { env, keys: { ...keys, firewalldZone: "missing" } };
    expect(firewall("ADD", missing).error?.msg).toContain("INVALID_ZONE");
    must("ADD", { env, keys });
    bus.stopFirewalld();
    must("DEL", { env, keys });
    expect(firewall("ADD", { env, keys }).error?.msg).toContain("firewalld is not there");
  });
});
