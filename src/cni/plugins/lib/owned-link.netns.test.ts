import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, findLink, getLink, listLinks, setLink } from "../../../rtnl/mod.ts";
import { lacksKind } from "../../../rtnl/testing/mod.ts";
import type { CniCommand } from "../../skel/plugin.ts";
import { type LabNetns, PluginLab } from "../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  for (const [name, peer] of [
    ["m0", "m1"],
    ["dev0", "dev0p"],
    ["dev1", "dev1p"],
  ] as const) {
    createLink(lab.host.conn, { kind: "veth", name, up: true, peer: { name: peer } });
  }
});
afterEach(() => lab[Symbol.dispose]());

/** A network of each plugin, as far as this kernel has its links. */
const NETWORKS: Readonly<Record<string, object>> = {
  bridge: { type: "bridge", bridge: "br1" },
  "bridge of another name": { type: "bridge", bridge: "br2" },
  ptp: { type: "ptp" },
  macvlan: { type: "macvlan", master: "m0" },
  tap: { type: "tap" },
  "host-device": { type: "host-device", device: "dev0" },
  "another host-device": { type: "host-device", device: "dev1" },
  ...(lacksKind("ipvlan", console.log) ? {} : { ipvlan: { type: "ipvlan", master: "m0" } }),
  ...(lacksKind("dummy", console.log) ? {} : { dummy: { type: "dummy" } }),
  ...(lacksKind("vlan", console.log) ? {} : { vlan: { type: "vlan", master: "m0", vlanId: 5 } }),
};
const NAMES = Object.keys(NETWORKS);

function confOf(network: string, more: object = {}): object {
  const plugin = NETWORKS[network] ?? {};
  const dataDir = `${lab.directory}/data`;
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet: "10.1.0.0/24" }]] };
  const name = network.replaceAll(" ", "-");
  return { cniVersion: "1.0.0", name, ipam, ...plugin, ...more };
}

function typeOf(network: string): string {
  const { type } = { type: "", ...NETWORKS[network] };
  return type;
}

function call(command: CniCommand, network: string, more: object = {}) {
  return lab.call(typeOf(network), { command, conf: confOf(network, more), pod });
}

describe("cni 5: the DEL that a failed ADD is owed leaves the interface of the network that has it", () => {
  test.each(NAMES.flatMap((first) => NAMES.map((second) => [first, second] as const)))(
    "%s has eth0, %s wanted it",
    (first, second) => {
      if (first === second) return expect(call("DEL", first).exitCode).toBe(0);
      const added = call("ADD", first);
      expect(added.stdout).toContain("eth0");
      const { index } = getLink(pod.conn, "eth0");
      expect(call("ADD", second).exitCode).toBe(1);
      expect(call("DEL", second).exitCode).toBe(0);
      expect(getLink(pod.conn, "eth0").index).toBe(index);
      expect(call("DEL", first, { prevResult: JSON.parse(added.stdout) }).exitCode).toBe(0);
      expect(findLink(pod.conn, "eth0")).toBeUndefined();
    },
  );
});

describe("cni 5: DEL finds an interface that was renamed in the pod", () => {
  test.each(NAMES)("%s", (network) => {
    const added = call("ADD", network);
    expect(added.exitCode).toBe(0);
    setLink(pod.conn, "eth0", { up: false });
    setLink(pod.conn, "eth0", { name: "renamed" });
    const prevResult = JSON.parse(added.stdout);
    expect(call("DEL", network, { prevResult }).exitCode).toBe(0);
    expect(listLinks(pod.conn).map(({ name }) => name)).toEqual(["lo"]);
    const { device } = { device: "", ...NETWORKS[network] };
    if (device !== "") expect(findLink(lab.host.conn, device)).toBeDefined();
  });

  test.each(NAMES)("%s, without prevResult", (network) => {
    expect(call("ADD", network).exitCode).toBe(0);
    setLink(pod.conn, "eth0", { up: false });
    setLink(pod.conn, "eth0", { name: "renamed" });
    expect(call("DEL", network).exitCode).toBe(0);
    expect(listLinks(pod.conn).map(({ name }) => name)).toEqual(["lo"]);
  });
});

describe("cni 5: CHECK and DEL by another path of the same namespace", () => {
  test.each(NAMES)("%s", (network) => {
    const added = call("ADD", network);
    const prevResult = JSON.parse(added.stdout);
    const type = typeOf(network);
    const netns = pod.path.replace("/run/", "/var/run/");
    const conf = confOf(network, { prevResult });
    expect(lab.call(type, { command: "CHECK", conf, pod, netns }).stdout).toBe("");
    expect(lab.call(type, { command: "DEL", conf, pod, netns }).stdout).toBe("");
    expect(listLinks(pod.conn).map(({ name }) => name)).toEqual(["lo"]);
  });
});
