import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { withNetns } from "../../../../netns/mod.ts";
import { createLink, deleteLink, listLinks } from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";
import { kernelItems } from "../kernel-items.ts";
import { type KernelState, readNetnsState } from "../kernel-state.ts";
import { readFirewall } from "../read-firewall.ts";
import { commandsByHand } from "./commands-by-hand.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  createLink(lab.host.conn, { kind: "veth", name: "up0", up: true, peer: { name: "up1" } });
});
afterEach(() => lab[Symbol.dispose]());

function look(): KernelState {
  return withNetns(lab.host.netns, () => ({
    host: readNetnsState([]),
    pod: readNetnsState([], pod.netns),
    firewall: readFirewall(process.env),
    files: [],
  }));
}

/** All that there is, without what the kernel makes up: MACs. */
const textsOf = (state: KernelState): readonly string[] =>
  kernelItems(state)
    .map(({ where, subject, text }) => `${where} ${subject} ${text}`)
    .map((text) => text.replaceAll(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC"))
    .sort();

function type(commands: readonly string[]): void {
  for (const command of commands) {
    // The lab's host is not the namespace of process 1, which stands for a host's own.
    lab.run(lab.host, ["sh", "-c", command.replace(/ netns 1$/, () => " netns $$")]);
  }
}

/** The same rule has another handle when it is made again. */
function withHandle(command: string, was: KernelState, now: KernelState): string {
  return command.replace(/ handle (\d+)$/, (_, handle: string) => {
    const rule = was.firewall.find((line) => line.handle === Number(handle));
    const same = now.firewall.find(
      ({ place, text }) => place === rule?.place && text === rule.text,
    );
    return ` handle ${same?.handle}`;
  });
}

const ipam = (dataDir: string) => ({
  type: "host-local",
  dataDir,
  ranges: [[{ subnet: "198.51.100.0/24" }], [{ subnet: "2001:db8::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
});

const ROWS: readonly (readonly [string, string, object])[] = [
  ["a bridge with nftables", "bridge", { bridge: "br0", isGateway: true, ipMasq: true, mtu: 1400 }],
  [
    "a bridge with iptables",
    "bridge",
    { bridge: "br0", isGateway: true, ipMasq: true, ipMasqBackend: "iptables", hairpinMode: true },
  ],
  ["ptp", "ptp", { ipMasq: true }],
  ["macvlan", "macvlan", { master: "up0", mode: "bridge" }],
  ["host-device", "host-device", { device: "up1" }],
];

describe("commandsByHand() makes what the plugin made, and takes away what its DEL took away", () => {
  test.each(ROWS)("%s", (_, plugin, options) => {
    const conf = {
      ...{ cniVersion: "1.1.0", name: "net", type: plugin, ...options },
      ipam: ipam(`${lab.directory}/networks`),
    };
    const call = { conf, pod };
    const empty = look();
    lab.mustCall(plugin, { command: "ADD", ...call });
    const added = look();
    lab.mustCall(plugin, { command: "DEL", ...call });
    const deleted = look();
    const setUp = commandsByHand(empty, added, pod.path);
    const takeDown = commandsByHand(added, deleted, pod.path);
    expect(setUp.length).toBeGreaterThan(2);
    lab.run(lab.host, ["nft", "flush", "ruleset"]);
    for (const { name } of listLinks(lab.host.conn)) {
      if (!["lo", "up0", "up1"].includes(name)) deleteLink(lab.host.conn, name);
    }
    lab.run(lab.host, ["sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0"]);
    type(commandsByHand(look(), empty, pod.path));
    expect(textsOf(look())).toEqual(textsOf(empty));
    type(setUp);
    expect(textsOf(look())).toEqual(textsOf(added));
    type(takeDown.map((command) => withHandle(command, added, look())));
    expect(textsOf(look())).toEqual(textsOf(deleted));
  });
});
