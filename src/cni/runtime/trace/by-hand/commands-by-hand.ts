import { shellQuote } from "../../../../base/mod.ts";
import { formatAddress, formatCidr, networkOf } from "../../../../ip/mod.ts";
import {
  type LinkAddress,
  type Route,
  RT_SCOPE,
  RT_TABLE,
  RTPROT,
  type Rule,
} from "../../../../rtnl/mod.ts";
import { routeText, ruleText } from "../kernel-items.ts";
import type { KernelState, NetnsState } from "../kernel-state.ts";
import { firewallCommands } from "./firewall-commands.ts";
import {
  type ChangedSide,
  creationCommands,
  deletionCommands,
  settingCommands,
  upCommands,
} from "./link-commands.ts";
import { HOST_PREFIX, netnsPrefix } from "./netns-name.ts";

type Command = readonly string[];

/**
 * The commands that somebody would type to make the same changes of links, addresses, routes, rules,
 * sysctls and the packet filter, in an order that works. What the kernel does by itself (the route to
 * the net of an address, what goes with a link) has none; nor has what a listing does not tell
 * enough of, such as a vxlan. `netnsPath` is the pod's namespace.
 */
export function commandsByHand(
  before: KernelState,
  after: KernelState,
  netnsPath: string,
): readonly string[] {
  const sides = changedSides(before, after, netnsPath);
  const of = (commands: (side: ChangedSide) => readonly Command[]) => sides.flatMap(commands);
  return [
    ...of(routeDeletions),
    ...of(ruleDeletions),
    ...of(addressDeletions),
    ...deletionCommands(sides),
    ...creationCommands(sides),
    ...of(settingCommands),
    ...of(sysctlCommands),
    ...of(addressAdditions),
    ...of(upCommands),
    ...of(netRouteDeletions),
    ...of(routeAdditions),
    ...of(ruleAdditions),
    ...firewallCommands(before.firewall, after.firewall),
  ].map((words) => words.map(shellQuote).join(" "));
}

function changedSides(before: KernelState, after: KernelState, path: string) {
  const host = { before: before.host, after: after.host, prefix: HOST_PREFIX };
  const pod = { before: before.pod, after: after.pod, prefix: netnsPrefix(path) };
  return [
    { ...host, other: pod, otherPrefix: pod.prefix },
    { ...pod, other: host, otherPrefix: host.prefix },
  ] as const satisfies readonly ChangedSide[];
}

/** What one list has and the other has not, by a text that says all of it. */
function missingIn<T>(list: readonly T[], other: readonly T[], text: (item: T) => string): T[] {
  const known = new Set(other.map(text));
  return list.filter((item) => !known.has(text(item)));
}

function nameOf({ links }: NetnsState, index: number | undefined): string {
  return links.find((link) => link.index === index)?.name ?? `link ${index}`;
}

function hasLink({ links }: NetnsState, index: number | undefined): boolean {
  return index === undefined || links.some((link) => link.index === index);
}

function addressWords({ address, prefixLength, peer }: LinkAddress): Command {
  const length = `/${prefixLength}`;
  const own = formatAddress(address);
  return peer === undefined ? [own + length] : [own, "peer", formatAddress(peer) + length];
}

const addressKey = (one: LinkAddress): string => `${one.linkIndex} ${addressWords(one).join(" ")}`;

function addressAdditions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(after.addresses, before.addresses, addressKey).map((one) => [
    ...[...prefix.ip, "address", "add", ...addressWords(one)],
    ...(one.broadcast === undefined ? [] : ["broadcast", formatAddress(one.broadcast)]),
    ...["dev", nameOf(after, one.linkIndex)],
    // A pod uses it at once: nothing waits for the detection of duplicates.
    ...(one.address.family === 6 ? ["nodad"] : []),
  ]);
}

/** Those of links that are still there: the others go with theirs. */
function addressDeletions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(before.addresses, after.addresses, addressKey)
    .filter(({ linkIndex }) => hasLink(after, linkIndex))
    .map((one) => [
      ...[...prefix.ip, "address", "delete", ...addressWords(one)],
      ...["dev", nameOf(after, one.linkIndex)],
    ]);
}

/** Without those that the kernel adds and deletes by itself, with an address. */
function ownRoutes(state: NetnsState): { readonly route: Route; readonly words: Command }[] {
  return state.routes
    .filter(({ protocol }) => protocol !== RTPROT.KERNEL)
    .map((route) => ({
      route,
      words: routeText(route, (index) => nameOf(state, index))
        .replace("default (IPv6)", "default")
        .split(" "),
    }));
}

const routeKey = ({ route, words }: { route: Route; words: Command }): string =>
  `${route.destination.family} ${words.join(" ")}`;

const family = ({ destination }: Route): Command => (destination.family === 6 ? ["-6"] : []);

/** A gateway must be reachable when it is named: straight routes first, then the longer prefixes. */
function reach(route: Route): number {
  return isStraight(route) ? 0 : 1 + 128 - route.destination.prefixLength;
}

/** Of IPv4: `ip` takes a straight route as one of scope link, and others as global. */
function scopeWords(route: Route): Command {
  const { scope, destination } = route;
  const usual = isStraight(route) ? RT_SCOPE.LINK : RT_SCOPE.UNIVERSE;
  if (destination.family === 6 || scope === usual || scope === RT_SCOPE.LINK) return [];
  return [
    "scope",
    scope === RT_SCOPE.HOST ? "host" : scope === RT_SCOPE.UNIVERSE ? "global" : String(scope),
  ];
}

/** Without a gateway. */
function isStraight({ gateway, nexthops }: Route): boolean {
  return gateway === undefined && nexthops.length === 0;
}

function routeAdditions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(ownRoutes(after), ownRoutes(before), routeKey)
    .sort((a, b) => reach(a.route) - reach(b.route))
    .map(({ route, words }) => [
      ...[...prefix.ip, ...family(route), "route", "add", ...words],
      ...scopeWords(route),
    ]);
}

/** The kernel's route to the net of a new address, where a plugin has put its own in its place. */
function netRouteDeletions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(after.addresses, before.addresses, addressKey)
    .map((one) => ({ ...one, net: networkOf(one) }))
    .filter(({ linkIndex, net, peer, prefixLength }) => {
      const isUp = after.links.some((link) => link.index === linkIndex && link.isUp);
      const isHost = prefixLength === (net.family === 4 ? 32 : 128);
      if (!isUp || isHost || peer !== undefined) return false;
      return !after.routes.some(
        (route) =>
          route.protocol === RTPROT.KERNEL &&
          route.linkIndex === linkIndex &&
          formatCidr(route.destination) === formatCidr(net),
      );
    })
    .map(({ linkIndex, net }) => [
      ...[...prefix.ip, ...(net.family === 6 ? ["-6"] : []), "route", "delete"],
      ...[formatCidr(net), "dev", nameOf(after, linkIndex)],
    ]);
}

/** Those by links that are still there and up: the others go with theirs. */
function routeDeletions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(ownRoutes(before), ownRoutes(after), routeKey)
    .filter(({ route: { linkIndex } }) => {
      const link = after.links.find(({ index }) => index === linkIndex);
      return linkIndex === undefined || link?.isUp === true;
    })
    .map(({ route, words }) => [...prefix.ip, ...family(route), "route", "delete", ...words]);
}

function ruleWords(rule: Rule): Command {
  const { priority, table } = rule;
  const [, ...selector] = ruleText(rule).replace(" (IPv6)", "").split(" ");
  const name = table === RT_TABLE.MAIN ? "main" : String(table);
  return ["priority", String(priority), ...selector.slice(0, -2), "lookup", name];
}

const ruleKey = (rule: Rule): string => `${rule.family} ${ruleWords(rule).join(" ")}`;

/** Without those that the kernel adds with its first VRF. */
function ownRules({ rules }: NetnsState): readonly Rule[] {
  return rules.filter(({ isLookup, table }) => isLookup && table !== 0);
}

function ruleAdditions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(ownRules(after), ownRules(before), ruleKey).map((rule) => [
    ...[...prefix.ip, ...(rule.family === 6 ? ["-6"] : []), "rule", "add", ...ruleWords(rule)],
  ]);
}

function ruleDeletions({ before, after, prefix }: ChangedSide): readonly Command[] {
  return missingIn(ownRules(before), ownRules(after), ruleKey).map((rule) => [
    ...[...prefix.ip, ...(rule.family === 6 ? ["-6"] : []), "rule", "delete", ...ruleWords(rule)],
  ]);
}

/** A name with a dot of its own is written with slashes: `net/ipv4/conf/eth0.100/rp_filter`. */
function sysctlCommands({ before, after, prefix }: ChangedSide): readonly Command[] {
  return Object.entries(after.sysctls)
    .filter(([key, value]) => before.sysctls[key] !== value)
    .map(([key, value]) => {
      const name = `net/${key}`;
      const shown = key.includes(".") ? name : name.replaceAll("/", ".");
      return [...prefix.run, "sysctl", "-w", `${shown}=${value}`];
    });
}
