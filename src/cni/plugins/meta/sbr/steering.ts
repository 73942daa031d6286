import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import {
  addRule,
  appendRoute,
  deleteRoute,
  deleteRule,
  listRoutes,
  listRules,
  type Route,
  type RouteSpec,
  RT_TABLE,
  RTPROT,
  type RuleSpec,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import type { CniIp } from "../../../result/types.ts";
import { routeToSpec } from "../../lib/route-to-spec.ts";
import { isRuleFor, singleAddress } from "./addresses.ts";
import { defaultRouteOf, isRouteOf, listLinkRoutes } from "./link-routes.ts";
import type { SbrConf } from "./sbr-conf.ts";

/** The first table that is looked at for one that is free. */
const FIRST_TABLE = 100;

/** The interface whose packets get their own ways. */
export interface SteeredLink {
  readonly conn: Conn;
  readonly linkIndex: number;
  readonly ips: readonly CniIp[];
}

/**
 * Sends packets from each address of a link to a routing table by a rule, and moves the link's routes
 * of the main table there; with a table of the configuration's, only the rules are made. Whatever of
 * it is there already stays, and of a failure nothing does.
 */
export function steer(link: SteeredLink, conf: SbrConf): void {
  const { conn, ips } = link;
  const undo: (() => void)[] = [];
  try {
    const tables = new Map(ips.map((ip) => [ip, provideRule(link, ip, { conf, undo })]));
    const moved = conf.table === undefined ? listLinkRoutes(conn, link.linkIndex) : [];
    for (const [ip, table] of tables) fillTable(link, { ip, table, conf, moved, undo });
    // Only when all have been copied: a gateway is looked for in the main table as well.
    for (const route of moved) {
      const hint = conf.addSourceHints && isOnLink(route) ? sourceFor(route, ips) : undefined;
      if (hint === undefined) removeFromMain(conn, route, undo);
      else if (route.source === undefined) addSource(conn, route, { hint, undo });
    }
  } catch (thrown) {
    for (const one of undo.toReversed()) {
      // The error that led here is the one to report.
      try {
        one();
      } catch {}
    }
    throw thrown;
  }
}

/** Takes the rules of addresses away, and what was moved into their tables unless that is not ours. */
export function unsteer(
  conn: Conn,
  addresses: readonly IpAddress[],
  { linkIndex, keepsTables }: { readonly linkIndex: number | undefined; keepsTables: boolean },
): void {
  const rules = listRules(conn).filter((rule) =>
    addresses.some((address) => isRuleFor(rule, address)),
  );
  for (const { family, table, priority, source } of rules) {
    if (source !== undefined) deleteRule(conn, { family, table, priority, source });
  }
  if (keepsTables || linkIndex === undefined) return;
  for (const table of new Set(rules.map((rule) => rule.table))) {
    for (const route of listRoutes(conn, { table, linkIndex })) {
      deleteRoute(conn, routeToSpec(route, table));
    }
  }
}

/** What is missing of what ADD made for an address; undefined where nothing is. */
export function missingWay(
  { conn, linkIndex }: SteeredLink,
  ip: CniIp,
  conf: SbrConf,
): string | undefined {
  const { address } = ip.address;
  const text = formatAddress(address);
  const rule = listRules(conn, address.family).find(
    (one) => isRuleFor(one, address) && (conf.table ?? one.table) === one.table,
  );
  if (rule === undefined) {
    return `there is no rule for packets from ${text}${conf.table === undefined ? "" : ` to table ${conf.table}`}`;
  }
  const { table } = rule;
  const routes = listRoutes(conn, { family: address.family, table, linkIndex });
  const gateway = gatewayFor(ip, conf);
  const hasDefault = routes.some(({ destination }) => destination.prefixLength === 0);
  if (gateway !== undefined && !hasDefault) {
    return `table ${table}, for packets from ${text}, has no default route`;
  }
  if (conf.table === undefined && routes.length === 0) {
    return `table ${table}, for packets from ${text}, has no route by the interface`;
  }
  return undefined;
}

interface RuleContext {
  readonly conf: SbrConf;
  readonly undo: (() => void)[];
}

/** The table of an address, by the rule that is there or by a new one. */
function provideRule({ conn }: SteeredLink, ip: CniIp, { conf, undo }: RuleContext): number {
  const { address } = ip.address;
  const rules = listRules(conn);
  const present = rules.find(
    (rule) => isRuleFor(rule, address) && (conf.table ?? rule.table) === rule.table,
  );
  if (present !== undefined) return present.table;
  const table = conf.table ?? freeTable(conn, rules);
  const rule: RuleSpec = { family: address.family, table, source: singleAddress(address) };
  addRule(conn, rule);
  undo.push(() => deleteRule(conn, rule));
  return table;
}

/** The first table that no rule leads to and that has no routes. */
function freeTable(conn: Conn, rules: readonly { readonly table: number }[]): number {
  const used = new Set([...rules, ...listRoutes(conn)].map(({ table }) => table));
  let table = FIRST_TABLE;
  while (used.has(table)) table++;
  return table;
}

interface Filling extends RuleContext {
  readonly ip: CniIp;
  readonly table: number;
  /** The link's routes of the main table. */
  readonly moved: readonly Route[];
}

function fillTable(link: SteeredLink, { ip, table, conf, moved, undo }: Filling): void {
  const { conn, linkIndex, ips } = link;
  const { family } = ip.address.address;
  const own = conf.gateways.find((gateway) => gateway.family === family);
  const present = listRoutes(conn, { family, table, linkIndex });
  const add = (spec: RouteSpec): void => {
    if (appendIfMissing(conn, spec)) undo.push(() => deleteRoute(conn, spec));
  };
  let hasDefault = present.some(({ destination }) => destination.prefixLength === 0);
  for (const route of moved) {
    const isDefault = route.destination.prefixLength === 0;
    // The configuration's gateway stands instead of any other.
    if ((isDefault && own !== undefined) || !isRouteOf(route, ip, ips)) continue;
    if (isDefault) hasDefault = true;
    if (!present.some((one) => isSameWay(one, route))) add(routeToSpec(route, table));
  }
  const gateway = gatewayFor(ip, conf);
  if (gateway === undefined || hasDefault) return;
  add({ destination: defaultRouteOf(family), gateway, linkIndex, table, protocol: RTPROT.BOOT });
}

/** True for routes that differ at most in the source that packets get. */
function isSameWay(a: Route, b: Route): boolean {
  return (
    a.destination.network === b.destination.network &&
    a.destination.prefixLength === b.destination.prefixLength &&
    a.gateway?.value === b.gateway?.value &&
    a.priority === b.priority
  );
}

/**
 * Where the default route of an address's table leads. A table of the configuration's is filled by
 * others; there only a gateway of the configuration's counts.
 */
function gatewayFor(ip: CniIp, conf: SbrConf): IpAddress | undefined {
  const { family } = ip.address.address;
  const own = conf.gateways.find((gateway) => gateway.family === family);
  return own ?? (conf.table === undefined ? ip.gateway : undefined);
}

/** In the main table, what a gateway of this interface leads to would take other interfaces' packets. */
function isOnLink({ gateway, destination }: Route): boolean {
  return gateway === undefined && destination.prefixLength > 0;
}

/** The address that packets by a route get; undefined where the interface has none of its family. */
function sourceFor(route: Route, ips: readonly CniIp[]): IpAddress | undefined {
  return ips.find((ip) => isRouteOf(route, ip, ips))?.address.address;
}

function removeFromMain(conn: Conn, route: Route, undo: (() => void)[]): void {
  const spec = routeToSpec(route, RT_TABLE.MAIN);
  if (deleteRoute(conn, spec)) undo.push(() => appendIfMissing(conn, spec));
}

/** Not by replacing: that takes the first route with this destination, which may be another link's. */
function addSource(
  conn: Conn,
  route: Route,
  { hint, undo }: { readonly hint: IpAddress; readonly undo: (() => void)[] },
): void {
  const spec = { ...routeToSpec(route, RT_TABLE.MAIN), source: hint };
  removeFromMain(conn, route, undo);
  if (appendIfMissing(conn, spec)) undo.push(() => deleteRoute(conn, spec));
}

function appendIfMissing(conn: Conn, spec: RouteSpec): boolean {
  try {
    appendRoute(conn, spec);
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.EEXIST) return false;
    throw thrown;
  }
}
