import { expect, test } from "bun:test";
import { parseAddress, parseCidr } from "../../../ip/mod.ts";
import type { Route } from "../../../rtnl/mod.ts";
import { singleWays } from "./single-ways.ts";

function ip(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function route(destination: string, more: Partial<Route>): Route {
  const parsed = parseCidr(destination);
  if (!parsed.ok) throw new Error(parsed.error);
  const common = { table: 254, protocol: 3, scope: 0, type: "unicast", priority: 7 } as const;
  return { destination: parsed.value, isOnlink: false, nexthops: [], ...common, ...more };
}
const nexthops = [
  { linkIndex: 2, gateway: ip("2001:db8::1"), weight: 1 },
  { linkIndex: 3, gateway: ip("2001:db8:1::1"), weight: 1 },
  { linkIndex: 2, weight: 1 },
];

test("singleWays() of a route with one way is that route, by its own link", () => {
  const one = route("192.0.2.0/24", { linkIndex: 2 });
  expect(singleWays(one, 2)).toEqual([one]);
  expect(singleWays(one, 3)).toEqual([]);
});

test("singleWays() takes IPv6 routes with several ways apart", () => {
  const several = route("2001:db8:9::/64", { nexthops });
  expect(singleWays(several, 2)).toEqual([
    route("2001:db8:9::/64", { linkIndex: 2, gateway: ip("2001:db8::1") }),
    route("2001:db8:9::/64", { linkIndex: 2 }),
  ]);
  expect(singleWays(several, 4)).toEqual([]);
});

test("singleWays() of an IPv4 route with several ways are none", () => {
  const ways = [{ linkIndex: 2, gateway: ip("192.0.2.1"), weight: 1 }];
  expect(singleWays(route("198.51.100.0/24", { nexthops: ways }), 2)).toEqual([]);
});
