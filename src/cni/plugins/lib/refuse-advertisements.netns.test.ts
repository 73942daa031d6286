import { afterEach, describe, expect, test } from "bun:test";
import { createLink, findLink, getLink, listLinks, setLink } from "../../../rtnl/mod.ts";
import { type LabNetns, routerAdvertisement, sendPacket } from "../../testing/mod.ts";
import { NetworkLab } from "../main/testing/mod.ts";

let lab: NetworkLab;
afterEach(() => lab[Symbol.dispose]());

const ipv4 = {
  ipam: { type: "static", addresses: [{ address: "10.1.2.2/24", gateway: "10.1.2.1" }] },
};
const acceptRa = (name: string): string =>
  lab.run(lab.host, ["cat", `/proc/sys/net/ipv6/conf/${name}/accept_ra`]).trim();
const podsLinks = (): string[] =>
  listLinks(lab.host.conn).flatMap(({ name, kind }) => (kind === "veth" ? [name] : []));

/** What a pod's one advertisement leaves behind on the host. */
function advertise(pod: LabNetns): string {
  const packet = routerAdvertisement("fe80::bad");
  sendPacket(pod, "eth0", { packet, toMac: "33:33:00:00:00:01" });
  Bun.sleepSync(200);
  return lab.run(lab.host, ["ip", "-6", "route", "show", "default"]);
}

/** A host that listens to routers, as one that does not forward does. */
function listen(): void {
  lab.run(lab.host, ["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/accept_ra"]);
}

describe("cni 1, security 3: a pod does not make itself the host's router", () => {
  test("ptp, a host without IPv6 forwarding", () => {
    lab = new NetworkLab("ptp");
    listen();
    const pod = lab.netns("a");
    lab.add(pod, { keys: ipv4 });
    const [name = ""] = podsLinks();
    // The control: an ordinary link of this host does listen.
    createLink(lab.host.conn, { kind: "veth", name: "plain0", up: true, peer: { name: "plain1" } });
    expect([acceptRa(name), acceptRa("plain0")]).toEqual(["0", "1"]);
    expect(advertise(pod)).toBe("");
  });

  test("ptp, nor by the next ADD with IPv6, which switches forwarding on", () => {
    lab = new NetworkLab("ptp");
    listen();
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    lab.add(a, { keys: ipv4 });
    const [name = ""] = podsLinks();
    // As an earlier version left it: listening, and with the pod's route.
    lab.run(lab.host, ["sh", "-c", `echo 1 > /proc/sys/net/ipv6/conf/${name}/accept_ra`]);
    expect(advertise(a)).toContain(name);
    lab.add(b, { keys: lab.dualStack });
    expect(acceptRa(name)).toBe("0");
  });

  test("bridge: the bridge, its ports, and one that was there before", () => {
    lab = new NetworkLab("bridge", { bridge: "br9" });
    listen();
    createLink(lab.host.conn, { kind: "bridge", name: "br9" });
    expect(acceptRa("br9")).toBe("1");
    const pod = lab.netns("a");
    lab.add(pod, { keys: ipv4 });
    expect(["br9", ...podsLinks()].map(acceptRa)).toEqual(["0", "0"]);
    expect(advertise(pod)).toBe("");
  });

  test("bridge: one by which the host has its route from a router goes on listening", () => {
    lab = new NetworkLab("bridge", { bridge: "br9" });
    listen();
    const router = lab.netns("router");
    createLink(lab.host.conn, { kind: "bridge", name: "br9", up: true });
    const peer = { name: "eth0", netns: router.netns };
    const masterIndex = getLink(lab.host.conn, "br9").index;
    createLink(lab.host.conn, { kind: "veth", name: "up0", up: true, masterIndex, peer });
    setLink(router.conn, "eth0", { up: true });
    let route = "";
    for (let i = 0; i < 30 && route === ""; i++) route = advertise(router);
    expect(route).toContain("br9");
    lab.add(lab.netns("a"), { keys: ipv4 });
    expect(acceptRa("br9")).toBe("1");
  });

  test("bridge: the gateway of a VLAN", () => {
    lab = new NetworkLab("bridge", { bridge: "br9", isGateway: true, vlan: 7 });
    listen();
    const pod = lab.netns("a");
    const { exitCode, stdout } = lab.try("ADD", { pod, keys: lab.dualStack });
    if (exitCode !== 0) {
      // A kernel whose bridges know no VLANs: nothing is left that could listen.
      expect(stdout).toContain("bridges of this kernel do not filter them");
      return;
    }
    expect(findLink(lab.host.conn, "br9.7")).toBeDefined();
    expect(["br9", "br9.7", ...podsLinks()].map(acceptRa)).not.toContain("1");
    expect(advertise(pod)).toBe("");
  });
});
