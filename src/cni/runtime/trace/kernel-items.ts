import { formatAddress, formatCidr } from "../../../ip/mod.ts";
import {
  IFF,
  type Link,
  type LinkAddress,
  type Route,
  RT_SCOPE,
  RT_TABLE,
  type Rule,
} from "../../../rtnl/mod.ts";
import type { KernelItem } from "./kernel-item.ts";
import type { KernelState, NetnsState } from "./kernel-state.ts";

/** Everything that both namespaces have, as items that can be compared. */
export function kernelItems(state: KernelState): readonly KernelItem[] {
  return [
    ...netnsItems("host", state.host, state.pod),
    ...netnsItems("pod", state.pod, state.host),
    ...firewallItems(state),
    ...state.files,
  ];
}

function netnsItems(
  where: "host" | "pod",
  state: NetnsState,
  other: NetnsState,
): readonly KernelItem[] {
  const nameOf = (index: number | undefined): string =>
    state.links.find((link) => link.index === index)?.name ?? `link ${index}`;
  const item = (subject: KernelItem["subject"], key: string, text: string): KernelItem => ({
    where,
    subject,
    key: `${where} ${subject} ${key}`,
    text,
  });
  return [
    ...state.links.map((link) => item("link", link.name, linkText(link, { where, state, other }))),
    ...state.addresses.map((one) => {
      const text = addressText(one);
      return item("address", `${one.linkIndex} ${text}`, `${text} dev ${nameOf(one.linkIndex)}`);
    }),
    ...state.routes.map((route) => {
      const text = routeText(route, nameOf);
      return item("route", text, text);
    }),
    ...state.rules.map((rule) => {
      const text = ruleText(rule);
      return item("rule", text, text);
    }),
    ...Object.entries(state.sysctls).map(([key, value]) =>
      item("sysctl", key, `${key.replaceAll("/", ".")} = ${value}`),
    ),
  ];
}

/** As `ip link` has it, with the names of what it is connected to. */
function linkText(link: Link, side: Side): string {
  const { state } = side;
  const master = state.links.find(({ index }) => index === link.masterIndex);
  const parts = [
    link.kind === "" ? link.name : `${link.name} (${link.kind})`,
    link.isUp ? "up" : "down",
    `mtu ${link.mtu}`,
    ...((link.flags & IFF.PROMISC) === 0 ? [] : ["promisc"]),
    ...((link.flags & IFF.ALLMULTI) === 0 ? [] : ["allmulticast"]),
    ...(link.address === "" || link.address === "00:00:00:00:00:00" ? [] : [link.address]),
    ...(master === undefined ? [] : [`master ${master.name}`]),
    ...connection(link, side),
    ...(link.alias === undefined ? [] : [`alias "${link.alias}"`]),
  ];
  return parts.join(", ");
}

/** A namespace, and the one at the other end of the attachment. */
interface Side {
  readonly where: KernelItem["where"];
  readonly state: NetnsState;
  readonly other: NetnsState;
}

function connection(link: Link, { where, state, other }: Side): readonly string[] {
  const found = connectedLink(link, state, other);
  if (found === undefined) return [];
  const elsewhere = where === "host" ? "pod" : "host";
  const place = found.isElsewhere ? ` (${elsewhere})` : "";
  return [`${link.kind === "veth" ? "peer" : "link"} ${found.link.name}${place}`];
}

/** The link that a veth's other end, or a macvlan's parent, is; undefined where it is in neither. */
export function connectedLink(
  link: Link,
  own: NetnsState,
  other: NetnsState,
): { readonly link: Link; readonly isElsewhere: boolean } | undefined {
  const { parentIndex, parentNetnsId } = link;
  if (parentIndex === undefined || parentIndex === 0) return undefined;
  const isElsewhere = parentNetnsId !== undefined;
  const found = (isElsewhere ? other : own).links.find(({ index }) => index === parentIndex);
  if (found === undefined) return undefined;
  // Indexes are each namespace's own: a third one's could be the same.
  if (link.kind === "veth" && (found.kind !== "veth" || found.parentIndex !== link.index)) {
    return undefined;
  }
  return { link: found, isElsewhere };
}

function addressText({ address, prefixLength, peer }: LinkAddress): string {
  const length = `/${prefixLength}`;
  return peer === undefined
    ? `${formatAddress(address)}${length}`
    : `${formatAddress(address)} peer ${formatAddress(peer)}${length}`;
}

/** As `ip route` prints it. */
export function routeText(route: Route, nameOf: (index: number | undefined) => string): string {
  const { destination, gateway, linkIndex, source, table, scope, priority } = route;
  const isDefault = destination.prefixLength === 0;
  const to = isDefault
    ? destination.family === 6
      ? "default (IPv6)"
      : "default"
    : formatCidr(destination);
  const hops = route.nexthops.map(
    (hop) =>
      `nexthop${hop.gateway === undefined ? "" : ` via ${formatAddress(hop.gateway)}`} dev ${nameOf(hop.linkIndex)}`,
  );
  return [
    to,
    ...(gateway === undefined ? [] : [`via ${formatAddress(gateway)}`]),
    ...(linkIndex === undefined ? [] : [`dev ${nameOf(linkIndex)}`]),
    ...hops,
    ...(table === RT_TABLE.MAIN ? [] : [`table ${table}`]),
    ...(scope === RT_SCOPE.LINK ? ["scope link"] : []),
    ...(source === undefined ? [] : [`src ${formatAddress(source)}`]),
    ...(priority === 0 ? [] : [`metric ${priority}`]),
    ...(route.mtu === undefined ? [] : [`mtu ${route.mtu}`]),
    ...(route.isOnlink ? ["onlink"] : []),
  ].join(" ");
}

/** As `ip rule` prints it. */
export function ruleText(rule: Rule): string {
  const { family, priority, source, destination, fwmark, inName, outName, table, isLookup } = rule;
  return [
    `${priority}:${family === 6 ? " (IPv6)" : ""}`,
    `from ${source === undefined ? "all" : formatCidr(source)}`,
    ...(destination === undefined ? [] : [`to ${formatCidr(destination)}`]),
    ...(fwmark === undefined ? [] : [`fwmark ${fwmark}`]),
    ...(inName === undefined ? [] : [`iif ${inName}`]),
    ...(outName === undefined ? [] : [`oif ${outName}`]),
    isLookup ? `lookup ${table}` : "(no lookup)",
  ].join(" ");
}

/** Lines that are there twice are two items. */
function firewallItems({ firewall }: KernelState): readonly KernelItem[] {
  const seen = new Map<string, number>();
  return firewall.map(({ place, text }) => {
    const whole = place === "" ? text : `${place}: ${text}`;
    const count = (seen.get(whole) ?? 0) + 1;
    seen.set(whole, count);
    return { where: "host", subject: "firewall", key: `firewall ${whole} ${count}`, text: whole };
  });
}
