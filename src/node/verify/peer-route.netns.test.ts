import { expect, test } from "bun:test";
import { parseAddress, parseCidr } from "../../ip/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import { addAddress, addRoute, createLink, getLink, setLink } from "../../rtnl/mod.ts";
import { readPeerRoute } from "./peer-route.ts";

function prefix(text: string) {
  const cidr = parseCidr(text);
  if (!cidr.ok) throw new Error(cidr.error);
  return cidr.value;
}

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

test("readPeerRoute() gives the way in the words of ip, and nothing where there is none", () => {
  using netns = Netns.create();
  const found = withNetns(netns, () => {
    using conn = Conn.open();
    createLink(conn, { kind: "bridge", name: "up0", up: true });
    const linkIndex = getLink(conn, "up0").index;
    addAddress(conn, { linkIndex, address: address("10.0.0.1"), prefixLength: 24 });
    addRoute(conn, { destination: prefix("10.200.1.0/24"), gateway: address("10.0.0.2") });
    addRoute(conn, { destination: prefix("10.200.2.0/24"), type: "unreachable" });
    setLink(conn, "lo", { up: true });
    return ["10.200.1.7", "10.0.0.9", "10.200.2.1", "192.0.2.1", "no address"].map(readPeerRoute);
  });
  expect(found).toEqual([
    "10.200.1.7 via 10.0.0.2 dev up0 src 10.0.0.1",
    "10.0.0.9 dev up0 src 10.0.0.1",
    "",
    "",
    "",
  ]);
});
