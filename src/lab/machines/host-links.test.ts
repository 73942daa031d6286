import { expect, test } from "bun:test";
import { type Cidr, formatCidr, parseInterfaceAddress } from "../../ip/mod.ts";
import { takenPrefixes } from "./host-links.ts";

const address = (text: string) => {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
};
const route = (text: string): { destination: Cidr } => {
  const { address: first, prefixLength } = address(text);
  return { destination: { family: first.family, network: first.value, prefixLength } };
};

test("takenPrefixes() has routes and addresses, not default routes and not IPv6", () => {
  const routes = ["0.0.0.0/0", "::/0", "10.1.0.0/16", "172.17.0.1/32", "fd00::/64"].map(route);
  const addresses = ["192.168.5.7/24", "fe80::1/64"].map(address);
  expect(takenPrefixes(routes, addresses).map(formatCidr)).toEqual([
    "10.1.0.0/16",
    "172.17.0.1/32",
    "192.168.5.0/24",
  ]);
  expect(takenPrefixes([], [])).toEqual([]);
});
