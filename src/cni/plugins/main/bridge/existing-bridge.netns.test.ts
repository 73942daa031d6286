import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import type { LabNetns } from "../../../testing/mod.ts";
import { NetworkLab } from "../testing/mod.ts";

let lab: NetworkLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new NetworkLab("bridge", { bridge: "cni0", isGateway: true });
  pod = lab.netns("a");
});
afterEach(() => lab[Symbol.dispose]());

const mac = (name = "cni0"): string => getLink(lab.host.conn, name).address;
const addresses = (name = "cni0"): string[] =>
  [...lab.run(lab.host, ["ip", "-o", "addr", "show", name]).matchAll(/inet6? (\S+)/g)]
    .map(([, address = ""]) => address)
    .filter((address) => !address.startsWith("fe80:"));

describe("cni 6: a failed ADD takes back the addresses that it gave the bridge", () => {
  const wrong = () => ({ ipam: lab.ipam({ subnet: "10.88.0.0/24", gateway: "10.99.0.1" }) });

  test("a gateway outside of the subnet is refused, and the corrected configuration works", () => {
    const { error } = lab.try("ADD", { pod, keys: wrong() });
    expect(error).toMatchObject({ code: 7 });
    expect(error?.msg).toContain("outside of 10.88.0.0/24");
    lab.add(pod);
    expect(addresses()).toEqual(["10.88.0.1/24"]);
  });

  test("of both families, where a route of the pod cannot be added", () => {
    const dualStack = lab.dualStack.ipam;
    const routes = [{ dst: "10.5.0.0/16", gw: "10.88.0.1", scope: 254 }];
    const keys = { ipam: { ...dualStack, routes } };
    expect(lab.try("ADD", { pod, keys }).exitCode).toBe(1);
    expect(addresses()).toEqual([]);
    lab.add(pod, { keys: { ipam: lab.ipam({ subnet: "10.77.0.0/24" }) } });
    expect(addresses()).toEqual(["10.77.0.1/24"]);
  });

  test("forceAddress: the address from before is back", () => {
    lab.add(lab.netns("first"));
    const ipam = { ...lab.ipam({ subnet: "10.77.0.0/24" }) };
    const routes = [{ dst: "10.5.0.0/16", gw: "10.77.0.1", scope: 254 }];
    const keys = { forceAddress: true, ipam: { ...ipam, routes } };
    expect(lab.try("ADD", { pod, keys }).exitCode).toBe(1);
    expect(addresses()).toEqual(["10.88.0.1/24"]);
  });

  test("what other pods of the network have as their gateway stays", () => {
    const first = lab.netns("first");
    lab.add(first);
    const routes = [{ dst: "10.5.0.0/16", gw: "10.88.0.1", scope: 254 }];
    const keys = { ipam: { ...lab.ipam({ subnet: "10.88.0.0/24" }), routes } };
    expect(lab.try("ADD", { pod, keys }).exitCode).toBe(1);
    expect(addresses()).toEqual(["10.88.0.1/24"]);
    expect(lab.canPing(first, "10.88.0.1")).toBe(true);
  });
});

describe("cni 7: a bridge that was there keeps its MAC", () => {
  test.each([
    ["a gateway", { isGateway: true }],
    ["no gateway", { isGateway: false }],
    ["without addresses", { isGateway: false, ipam: {} }],
  ])("a bridge without ports, %s", (_, keys) => {
    createLink(lab.host.conn, { kind: "bridge", name: "cni0" });
    const before = mac();
    const result = lab.add(pod, { keys });
    expect(mac()).toBe(before);
    expect(result.interfaces[0]).toEqual({ name: "cni0", mac: before });
    lab.do("DEL", { pod, keys });
    expect(mac()).toBe(before);
    // Pinned: a port with a lower MAC changes nothing.
    const masterIndex = getLink(lab.host.conn, "cni0").index;
    const low = { address: "00:00:00:00:00:05", masterIndex, peer: { name: "low1" } };
    createLink(lab.host.conn, { kind: "veth", name: "low0", ...low });
    expect(mac()).toBe(before);
  });

  test("an administrator's bridge with an uplink, whatever its MAC, over many pods", () => {
    createLink(lab.host.conn, { kind: "bridge", name: "cni0", up: true });
    const masterIndex = getLink(lab.host.conn, "cni0").index;
    const address = "f8:00:00:00:00:01";
    const peer = { name: "up1" };
    createLink(lab.host.conn, { kind: "veth", name: "up0", address, masterIndex, up: true, peer });
    setLink(lab.host.conn, "up1", { up: true });
    expect(mac()).toBe(address);
    for (const label of ["b", "c", "d"]) {
      lab.add(lab.netns(label), { keys: { isGateway: label === "d" } });
      expect(mac()).toBe(address);
    }
  });
});
