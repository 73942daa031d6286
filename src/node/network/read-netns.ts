import { formatAddress, formatCidr, isLinkLocal } from "../../ip/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import {
  type Link,
  type LinkAddress,
  type LinkCounters,
  listAddresses,
  listLinkCounters,
  listLinks,
  listRoutes,
  type Route,
  RT_TABLE,
} from "../../rtnl/mod.ts";
import type { NetnsNetwork, NodeLink, NodeRoute } from "./node-network.ts";

/** Links with their addresses and counters, and the routes, of the namespace that this thread is in. */
export function readNetns(): NetnsNetwork {
  using conn = Conn.open();
  return toNetwork({
    links: listLinks(conn),
    addresses: listAddresses(conn),
    counters: listLinkCounters(conn),
    routes: listRoutes(conn, { table: RT_TABLE.MAIN }),
  });
}

/** What the kernel lists of one namespace. */
export interface Listed {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
  readonly counters: readonly LinkCounters[];
  readonly routes: readonly Route[];
}

/** Pure: the kernel's lists as they travel. */
export function toNetwork({ links, addresses, counters, routes }: Listed): NetnsNetwork {
  const byLink = Map.groupBy(addresses, ({ linkIndex }) => linkIndex);
  const counted = new Map(counters.map((one) => [one.linkIndex, one]));
  return {
    links: links
      .map((link) => toLink(link, byLink.get(link.index) ?? [], counted.get(link.index)))
      .sort((a, b) => a.index - b.index),
    routes: routes.filter(isOfInterest).map(toRoute),
  };
}

function toLink(
  link: Link,
  addresses: readonly LinkAddress[],
  counters: LinkCounters | undefined,
): NodeLink {
  return {
    index: link.index,
    name: link.name,
    kind: link.kind,
    mac: link.address,
    mtu: link.mtu,
    isUp: link.isUp,
    masterIndex: link.masterIndex ?? null,
    peerIndex: link.parentIndex ?? null,
    isPeerElsewhere: link.parentNetnsId !== undefined,
    addresses: addresses.map((one) => `${formatAddress(one.address)}/${one.prefixLength}`),
    received: counters?.received ?? null,
    sent: counters?.sent ?? null,
  };
}

/** Every link that is up has the kernel's own routes for link-local and multicast addresses. */
function isOfInterest({ destination: { family, network } }: Route): boolean {
  return family === 4 || !(isLinkLocal({ family, value: network }) || network >> 120n === 0xffn);
}

function toRoute({ destination, gateway, linkIndex, nexthops, type }: Route): NodeRoute {
  const [way] = nexthops;
  const via = gateway ?? way?.gateway;
  return {
    destination: formatCidr(destination),
    gateway: via === undefined ? null : formatAddress(via),
    linkIndex: linkIndex ?? way?.linkIndex ?? null,
    type,
  };
}
