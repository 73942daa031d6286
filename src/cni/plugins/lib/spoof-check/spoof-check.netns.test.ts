import { afterEach, beforeEach, expect, test } from "bun:test";
import { parseInterfaceAddress } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import { withNetns } from "../../../../netns/mod.ts";
import { openNft } from "../../../../nft/mod.ts";
import { addAddress, createLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import { PluginLab } from "../../../testing/mod.ts";
import { collectSpoofChecks, isSpoofChecked, setUpSpoofCheck, tearDownSpoofCheck } from "./mod.ts";

let lab: PluginLab;
let conn: Conn;
beforeEach(() => {
  lab = new PluginLab();
  conn = withNetns(lab.host.netns, () => openNft());
});
afterEach(() => {
  conn[Symbol.dispose]();
  lab[Symbol.dispose]();
});
const ruleset = (): string => lab.run(lab.host, ["nft", "list", "ruleset"]);
const mac = "0a:58:0a:0b:00:02";
const spec = { containerId: "abc", ifName: "eth0", hostIfName: "pod0", mac };
const empty = [
  "table bridge nat {",
  "\tchain PREROUTING {",
  "\t\ttype filter hook prerouting priority dstnat; policy accept;",
  "\t}",
  "}",
  "",
].join("\n");

test("the rules are the reference's; a second time changes nothing; DEL leaves the base chain", () => {
  tearDownSpoofCheck(conn, spec);
  expect(ruleset()).toBe("");
  setUpSpoofCheck(conn, spec);
  setUpSpoofCheck(conn, spec);
  const comment = 'comment "macspoofchk-abc-eth0"';
  expect(
    ruleset()
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ).toEqual([
    "table bridge nat {",
    "chain PREROUTING {",
    "type filter hook prerouting priority dstnat; policy accept;",
    `iifname "pod0" jump cni-br-iface-abc-eth0 ${comment}`,
    "}",
    "chain cni-br-iface-abc-eth0 {",
    `jump cni-br-iface-abc-eth0-mac ${comment}`,
    "}",
    "chain cni-br-iface-abc-eth0-mac {",
    `ether saddr ${mac} return ${comment}`,
    `drop ${comment}`,
    "}",
    "}",
  ]);
  expect(isSpoofChecked(conn, spec)).toBe(true);
  expect(isSpoofChecked(conn, { ...spec, mac: "0a:58:0a:0b:00:03" })).toBe(false);
  tearDownSpoofCheck(conn, spec);
  tearDownSpoofCheck(conn, spec);
  expect(ruleset()).toBe(empty);
  expect(isSpoofChecked(conn, spec)).toBe(false);
});

test("GC takes away what belongs to links that are gone", () => {
  for (const containerId of ["a", "b"]) {
    setUpSpoofCheck(conn, { ...spec, containerId, hostIfName: `veth-${containerId}` });
  }
  collectSpoofChecks(conn, (name) => name === "veth-b");
  expect(ruleset()).not.toContain("cni-br-iface-a");
  expect(ruleset()).toContain('iifname "veth-b" jump cni-br-iface-b-eth0');
  collectSpoofChecks(conn, () => false);
  expect(ruleset()).toBe(empty);
});

test("a pod with another MAC address is not heard", () => {
  const pod = lab.netns("pod");
  const { host } = lab;
  createLink(host.conn, { kind: "bridge", name: "cni0", up: true });
  const masterIndex = getLink(host.conn, "cni0").index;
  const peer = { name: "eth0", address: mac, netns: pod.netns };
  createLink(host.conn, { kind: "veth", name: "pod0", up: true, masterIndex, peer });
  setLink(pod.conn, "eth0", { up: true });
  const give = (where: typeof pod, name: string, text: string): void => {
    const parsed = parseInterfaceAddress(text);
    if (!parsed.ok) throw new Error(parsed.error);
    addAddress(where.conn, { linkIndex: getLink(where.conn, name).index, ...parsed.value });
  };
  give(host, "cni0", "10.11.0.1/24");
  give(pod, "eth0", "10.11.0.2/24");
  setUpSpoofCheck(conn, spec);
  expect(lab.canPing(pod, "10.11.0.1")).toBe(true);
  lab.run(pod, ["ip", "link", "set", "eth0", "address", "0a:58:0a:0b:00:99"]);
  expect(lab.isSilent(pod, "10.11.0.1")).toBe(true);
});
