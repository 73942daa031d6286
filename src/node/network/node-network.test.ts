import { describe, expect, test } from "bun:test";
import type { ConntrackEntry, ConntrackTuple } from "../../conntrack/mod.ts";
import { type IpAddress, parseAddress, parseCidr } from "../../ip/mod.ts";
import type { Route } from "../../rtnl/mod.ts";
import { countFlows } from "./count-flows.ts";
import { nodeNetworkSchema } from "./node-network.ts";
import { toNetwork } from "./read-netns.ts";

function ip(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function tuple(source: string, destination: string, destinationPort: number): ConntrackTuple {
  const protocol = 6;
  const ends = { source: ip(source), destination: ip(destination) };
  return { ...ends, protocol, sourcePort: 40_000, destinationPort };
}

/** A connection to `to`, of which the answers come from `by`. */
function connection(to: string, by: string, [port, byPort]: [number, number]): ConntrackEntry {
  const reply = { ...tuple(by, "10.0.0.1", 40_000), sourcePort: byPort };
  const original = tuple("10.0.0.1", to, port);
  return { id: 0, name: new Uint8Array(), original, reply, mark: 0, zone: 0 };
}

describe("countFlows()", () => {
  test("counts what was translated, the most used first; what was not is left out", () => {
    const web = () => connection("10.32.0.44", "10.200.0.5", [80, 8080]);
    const sameHost = connection("10.0.0.9", "10.0.0.9", [80, 8080]);
    const plain = connection("10.0.0.9", "10.0.0.9", [80, 80]);
    expect(countFlows([sameHost, web(), plain, web()])).toEqual([
      {
        ...{ protocol: 6, address: "10.32.0.44", port: 80 },
        ...{ toAddress: "10.200.0.5", toPort: 8080, connections: 2 },
      },
      {
        ...{ protocol: 6, address: "10.0.0.9", port: 80 },
        ...{ toAddress: "10.0.0.9", toPort: 8080, connections: 1 },
      },
    ]);
  });
});

function route(destination: string, change: Partial<Route> = {}): Route {
  const parsed = parseCidr(destination);
  if (!parsed.ok) throw new Error(parsed.error);
  return {
    ...{ destination: parsed.value, table: 254, protocol: 3, scope: 0, type: "unicast" },
    ...{ priority: 0, isOnlink: false, nexthops: [] },
    ...change,
  };
}

describe("toNetwork()", () => {
  const { routes, links } = toNetwork({
    links: [
      {
        ...{
          index: 5,
          name: "veth1",
          kind: "veth",
          portKind: "bridge",
          address: "0a:00:00:00:00:01",
        },
        ...{ mtu: 1500, flags: 1, isUp: true, operState: "up", txQueueLength: 1000 },
        ...{ masterIndex: 3, parentIndex: 2, parentNetnsId: 0 },
      },
    ],
    addresses: [],
    counters: [],
    routes: [
      route("fe80::/64", { linkIndex: 5 }),
      route("ff00::/8", { linkIndex: 5 }),
      route("fd00::/64", { linkIndex: 5 }),
      route("10.7.0.0/16", { nexthops: [{ linkIndex: 5, gateway: ip("10.0.0.3"), weight: 1 }] }),
      route("10.8.0.0/16", { type: "blackhole" }),
    ],
  });

  test("leaves out the routes that every link has, and takes the first way of several", () => {
    expect(routes).toEqual([
      { destination: "fd00::/64", gateway: null, linkIndex: 5, type: "unicast" },
      { destination: "10.7.0.0/16", gateway: "10.0.0.3", linkIndex: 5, type: "unicast" },
      { destination: "10.8.0.0/16", gateway: null, linkIndex: null, type: "blackhole" },
    ]);
  });

  test("gives an answer that the jumpbox takes, and only that", () => {
    const host = { links, routes };
    const answer = {
      ...{ host, pods: null, podsProblem: "no socket", reservations: [] },
      ...{ frontends: null, flows: [] },
    };
    expect(nodeNetworkSchema.parse(answer)).toEqual(answer);
    expect(nodeNetworkSchema.safeParse({ ...answer, flows: undefined }).success).toBe(false);
    expect(nodeNetworkSchema.safeParse({ ...answer, more: 1 }).success).toBe(false);
  });
});
