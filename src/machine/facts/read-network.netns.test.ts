import { expect, test } from "bun:test";
import { Netns, withNetns } from "../../netns/mod.ts";
import { readNetwork } from "./mod.ts";

test("readNetwork() lists links, addresses and routes as strings", () => {
  using netns = Netns.create();
  const facts = withNetns(netns, () => {
    for (const line of [
      "ip link set lo up",
      "ip link add v0 mtu 1400 type veth peer name v1",
      "ip link set v0 up",
      "ip link set v1 up",
      "ip address add 10.0.0.2/24 dev v0",
      "ip address add fd00::2/64 dev v0 nodad",
      "ip route add 10.200.1.0/24 via 10.0.0.3",
      "ip route add default via 10.0.0.1 metric 7",
    ]) {
      expect(Bun.spawnSync(line.split(" ")).stderr.toString()).toBe("");
    }
    return readNetwork();
  });
  expect(facts.links.find((link) => link.name === "v0")).toEqual({
    name: "v0",
    kind: "veth",
    mtu: 1400,
    isUp: true,
    mac: expect.any(String),
    addresses: ["10.0.0.2/24", "fd00::2/64"],
  });
  const via = (gateway: string) => ({ gateway, link: "v0", source: null });
  expect(facts.routes.filter((route) => route.destination.includes("."))).toEqual([
    { destination: "0.0.0.0/0", ...via("10.0.0.1"), priority: 7 },
    { destination: "10.200.1.0/24", ...via("10.0.0.3"), priority: 0 },
  ]);
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
});
