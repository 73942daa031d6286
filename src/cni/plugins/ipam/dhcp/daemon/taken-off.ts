import {
  formatAddress,
  formatCidr,
  type IpAddress,
  parseAddress,
  parseCidr,
} from "../../../../../ip/mod.ts";
import {
  addAddress,
  appendRoute,
  deleteAddress,
  findLink,
  listAddresses,
  listRoutes,
  type Route,
  type RouteSpec,
  RTPROT,
} from "../../../../../rtnl/mod.ts";
import { ConfObject } from "../../../../conf-object.ts";
import type { JsonObject } from "../../../../json.ts";
import { Pod } from "../../../lib/pod.ts";
import { unlessThere } from "../../../lib/unless-there.ts";
import type { LinkTarget } from "../client/kernel-transport.ts";
import { ipv4 } from "../wire/option-values.ts";
import type { TakenOff } from "./lease-record.ts";

/** Reads what a link would lose with an address, IPv4 alone. undefined where the link is gone. */
export function readAddressing(target: LinkTarget, address: number): TakenOff | undefined {
  using pod = Pod.find(target.netns);
  const link = pod === undefined ? undefined : findLink(pod.conn, target.ifName);
  if (pod === undefined || link === undefined) return undefined;
  const present = listAddresses(pod.conn, { linkIndex: link.index, family: 4 });
  const own = present.find((one) => one.address.value === BigInt(address));
  const routes = listRoutes(pod.conn, { family: 4, linkIndex: link.index })
    // The kernel's own come back by themselves. Those through others come after those on the link.
    .filter((route) => route.protocol !== RTPROT.KERNEL && route.nexthops.length === 0)
    .sort((a, b) => b.scope - a.scope);
  return {
    ...(own === undefined ? {} : { prefixLength: own.prefixLength }),
    routes: routes.map(encodeRoute),
  };
}

/** Takes an address off a link that may be gone; the kernel takes the routes that need it. */
export function takeOff(target: LinkTarget, address: number, { prefixLength }: TakenOff): void {
  using pod = Pod.find(target.netns);
  const link = pod === undefined ? undefined : findLink(pod.conn, target.ifName);
  if (pod === undefined || link === undefined || prefixLength === undefined) return;
  deleteAddress(pod.conn, { linkIndex: link.index, address: ipv4(address), prefixLength });
}

/** Puts an address and the routes back; what is there already stays. */
export function putBack(target: LinkTarget, address: number, takenOff: TakenOff): void {
  const { prefixLength, routes } = takenOff;
  if (prefixLength === undefined) return;
  using pod = Pod.open(target.netns);
  const link = findLink(pod.conn, target.ifName);
  if (link === undefined) return;
  unlessThere(() =>
    addAddress(pod.conn, { linkIndex: link.index, address: ipv4(address), prefixLength }),
  );
  for (const route of routes) {
    const spec = decodeRoute(new ConfObject(route), link.index);
    if (spec !== undefined) unlessThere(() => appendRoute(pod.conn, spec));
  }
}

function encodeRoute(route: Route): JsonObject {
  const { gateway, source, mtu, table, protocol, scope, priority } = route;
  return {
    dst: formatCidr(route.destination),
    ...(gateway === undefined ? {} : { gw: formatAddress(gateway) }),
    ...(source === undefined ? {} : { source: formatAddress(source) }),
    ...(mtu === undefined ? {} : { mtu }),
    ...{ table, protocol, scope, priority, onlink: route.isOnlink },
  };
}

function decodeRoute(object: ConfObject, linkIndex: number): RouteSpec | undefined {
  const destination = parseCidr(object.text("dst") ?? "");
  if (!destination.ok) return undefined;
  return {
    destination: destination.value,
    linkIndex,
    onlink: object.boolean("onlink") ?? false,
    ...present("gateway", addressOf(object.text("gw"))),
    ...present("source", addressOf(object.text("source"))),
    ...present("mtu", object.integer("mtu")),
    ...present("table", object.integer("table")),
    ...present("protocol", object.integer("protocol")),
    ...present("scope", object.integer("scope")),
    ...present("priority", object.integer("priority")),
  };
}

function addressOf(text: string | undefined): IpAddress | undefined {
  const parsed = parseAddress(text ?? "");
  return parsed.ok ? parsed.value : undefined;
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // cast: a computed key widens to string
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
