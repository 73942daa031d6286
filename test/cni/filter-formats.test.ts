import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type LabNetns, PluginLab } from "../../src/cni/testing/mod.ts";
import { suiteFiles } from "../support/debian-files.ts";

/**
 * Rules in the kernel, between our plugins and the reference plugins of a version that has
 * nftables: what one has made, the other takes away.
 */
let reference: string;
beforeAll(async () => {
  reference = join(await suiteFiles("forky", ["containernetworking-plugins"]), "usr/lib/cni");
});
let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
});
afterEach(() => lab[Symbol.dispose]());

type Side = "ours" | "theirs";

function call(
  side: Side,
  plugin: string,
  verb: { command: "ADD" | "DEL" | "CHECK"; conf: object },
) {
  const theirs = { executable: join(reference, plugin), path: [reference] };
  return lab.call(plugin, {
    ...verb,
    pod,
    containerId: "abc123",
    env: { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent" },
    ...(side === "theirs" ? theirs : {}),
  });
}
function must(side: Side, plugin: string, verb: Parameters<typeof call>[2]) {
  const outcome = call(side, plugin, verb);
  if (outcome.exitCode !== 0)
    throw new Error(`${side} ${plugin} ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

/** Lines of all rules and chains that speak of the container, by any of its names. */
function traces(): string[] {
  const names = /abc123|10\.11\.0\.|fd00:11:|70a29d9dc18bc4d652ea5|ebce0e3dd4dafae3/;
  const commands = [["nft", "list", "ruleset"], ["iptables-save"], ["ip6tables-save"]];
  return commands
    .flatMap((argv) => lab.run(lab.host, argv).split("\n"))
    .map((line) => line.trim())
    .filter((line) => names.test(line));
}

/**
 * What drops invalid packets of a pod, which the reference does not have: it stays after the
 * reference's DEL, and goes with ours, whoever was first.
 */
function invalidDrops(): ReadonlySet<string> {
  const commands = [
    "iptables-save -t mangle",
    "ip6tables-save -t mangle",
    "nft list table ip mangle",
    "nft list table ip6 mangle",
    "nft list chain inet cni_plugins_masquerade invalid_checks",
  ];
  const outputs = commands.map((command) => lab.tryRun(lab.host, command.split(" ")).stdout);
  return new Set(outputs.flatMap((text) => text.split("\n").map((line) => line.trim())));
}

const bridge = (keys: object) => ({
  cniVersion: "1.0.0",
  name: "mynet",
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  ipMasq: true,
  ...keys,
  ipam: {
    type: "host-local",
    dataDir: join(lab.directory, "ipam"),
    ranges: [[{ subnet: "10.11.0.0/24" }], [{ subnet: "fd00:11::/64" }]],
  },
});
const portmap = (keys: object) => ({
  cniVersion: "1.0.0",
  name: "mynet",
  type: "portmap",
  ...keys,
  runtimeConfig: {
    portMappings: [
      { hostPort: 8080, containerPort: 80, protocol: "tcp" },
      { hostPort: 8053, containerPort: 53, protocol: "udp" },
      { hostPort: 8081, containerPort: 81, protocol: "tcp", hostIP: "127.0.0.2" },
    ],
  },
});
const firewall = (keys: object) => ({
  cniVersion: "1.0.0",
  name: "mynet",
  type: "firewall",
  dataDir: join(lab.directory, "firewall"),
  ...keys,
});

const CASES: readonly [name: string, confs: () => readonly { type: string }[]][] = [
  ["bridge, nftables", () => [bridge({ ipMasqBackend: "nftables" })]],
  ["bridge, iptables", () => [bridge({ ipMasqBackend: "iptables" })]],
  ["bridge with macspoofchk", () => [bridge({ ipMasqBackend: "nftables", macspoofchk: true })]],
  ["portmap, nftables", () => [bridge({ ipMasq: false }), portmap({ backend: "nftables" })]],
  ["portmap, iptables", () => [bridge({ ipMasq: false }), portmap({ backend: "iptables" })]],
  ["firewall, iptables", () => [bridge({ ipMasq: false }), firewall({ backend: "iptables" })]],
  [
    "firewall, isolated",
    () => [bridge({ ipMasq: false }), firewall({ backend: "iptables", ingressPolicy: "isolated" })],
  ],
];

describe.each(CASES)("%s", (name, confs) => {
  test.each<[Side, Side]>([
    ["theirs", "ours"],
    ["ours", "theirs"],
  ])("%s adds, %s deletes", (adds, deletes) => {
    let prevResult: object | undefined;
    const done: { plugin: string; conf: object }[] = [];
    for (const conf of confs()) {
      const whole = { ...conf, ...(prevResult === undefined ? {} : { prevResult }) };
      const { stdout } = must(adds, conf.type, { command: "ADD", conf: whole });
      prevResult = { cniVersion: "1.0.0", ...JSON.parse(stdout) };
      done.unshift({ plugin: conf.type, conf });
    }
    expect(traces()).not.toEqual([]);
    // The reference plugin counts rules of ports of one address in another chain than ours.
    if (deletes === "ours") {
      for (const { plugin, conf } of done) {
        must(deletes, plugin, { command: "CHECK", conf: { ...conf, prevResult } });
      }
    }
    for (const { plugin, conf } of done) {
      const outcome = call(deletes, plugin, { command: "DEL", conf: { ...conf, prevResult } });
      // Where there is no iptables chain, theirs does its work and then calls that an error.
      const isTheirBug = deletes === "theirs" && name.startsWith("bridge");
      if (!isTheirBug) expect(outcome.stdout).toBe("");
    }
    if (deletes === "theirs") {
      const dropped = invalidDrops();
      expect(traces().filter((line) => !dropped.has(line))).toEqual([]);
      for (const { plugin, conf } of done) {
        must("ours", plugin, { command: "DEL", conf: { ...conf, prevResult } });
      }
    }
    expect(traces()).toEqual([]);
  });
});

/** The lines without the chains by which ours drops invalid packets, each taken out once. */
function withoutInvalid(lines: readonly string[]): string[] {
  const left = [...lines];
  const drops = [...invalidDrops()].filter((line) => /^-A CNI-|\bdrop comment/.test(line));
  const own = [
    // A blank line before each chain but the table's first.
    ...["", ""],
    "chain invalid {",
    "type filter hook forward priority filter; policy accept;",
    "ct state invalid goto invalid_checks",
    "}",
    "chain invalid_checks {",
    ...drops,
    "}",
  ];
  for (const line of own) {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
  }
  return left;
}

test("both make the same rules for masquerading and for iptables", () => {
  const rulesOf = (side: Side): string[] => {
    const conf = bridge({ ipMasqBackend: "nftables" });
    const { stdout } = must(side, "bridge", { command: "ADD", conf });
    const prevResult = JSON.parse(stdout);
    // Of one host port on all addresses and on one of them, ours lets the one go first.
    const portMappings = [
      { hostPort: 8080, containerPort: 80, protocol: "tcp" },
      { hostPort: 8053, containerPort: 53, protocol: "udp" },
    ];
    const runtimeConfig = { portMappings };
    const mapped = { ...portmap({ backend: "iptables" }), runtimeConfig, prevResult };
    must(side, "portmap", { command: "ADD", conf: mapped });
    const open = { ...firewall({ backend: "iptables", ingressPolicy: "same-bridge" }), prevResult };
    must(side, "firewall", { command: "ADD", conf: open });
    const dump = ["nft list ruleset", "iptables-save", "ip6tables-save"]
      .flatMap((command) => lab.run(lab.host, command.split(" ")).split("\n"))
      .filter((line) => !/^#|counter|^:/.test(line))
      .map((line) => line.trim());
    const compared = side === "ours" ? withoutInvalid(dump) : dump;
    call(side, "portmap", { command: "DEL", conf: mapped });
    call(side, "bridge", { command: "DEL", conf });
    lab.run(lab.host, ["nft", "flush", "ruleset"]);
    lab.run(lab.host, ["rm", "-rf", join(lab.directory, "ipam")]);
    return compared.sort();
  };
  expect(rulesOf("ours")).toEqual(rulesOf("theirs"));
});
