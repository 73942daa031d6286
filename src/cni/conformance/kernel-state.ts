import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatAddress, formatCidr } from "../../ip/mod.ts";
import type { Conn } from "../../netlink/mod.ts";
import { listAddresses, listLinks, listRoutes, listRules, RT_TABLE } from "../../rtnl/mod.ts";
import type { TestHost } from "./test-host.ts";

/**
 * What a plugin can have changed, as lines that can be compared: links, addresses, routes, rules,
 * queueing disciplines, firewall rules, files. What differs from one time to the next by its
 * nature (indices, generated MACs and names, counters) is left out or made alike.
 */
export function kernelState(host: TestHost, pods: readonly string[] = []): readonly string[] {
  const lines = networkState(host.conn, "host");
  lines.push(...firewallState(host), ...queueState(host), ...fileState(host.dataDir));
  pods.forEach((pod, i) => {
    if (!existsSync(pod)) return;
    const conn = host.connOf(pod);
    lines.push(...networkState(conn, `pod${i}`));
  });
  return lines.sort();
}

function networkState(conn: Conn, where: string): string[] {
  const names = new Map(listLinks(conn).map((link) => [link.index, likeName(link.name)]));
  const nameOf = (index: number | undefined): string =>
    index === undefined ? "" : ` dev ${names.get(index) ?? "?"}`;
  const links = listLinks(conn).map(
    (link) =>
      `${where} link ${likeName(link.name)} ${link.kind || "plain"} mtu ${link.mtu} ${link.isUp ? "up" : "down"}${link.masterIndex === undefined ? "" : ` master ${names.get(link.masterIndex)}`}`,
  );
  const addresses = listAddresses(conn)
    .filter(({ address }) => !isLinkLocal(address))
    .map(
      (one) =>
        `${where} address ${formatAddress(one.address)}/${one.prefixLength}${one.broadcast === undefined ? "" : ` brd ${formatAddress(one.broadcast)}`} scope ${one.scope}${nameOf(one.linkIndex)}`,
    );
  const routes = listRoutes(conn)
    .filter(
      (route) => route.table !== RT_TABLE.LOCAL && !isAutomatic(formatCidr(route.destination)),
    )
    .map(
      (route) =>
        `${where} route ${formatCidr(route.destination)}${route.gateway === undefined ? "" : ` via ${formatAddress(route.gateway)}`}${nameOf(route.linkIndex)} table ${route.table} proto ${route.protocol} scope ${route.scope} metric ${route.priority}${route.source === undefined ? "" : ` src ${formatAddress(route.source)}`}`,
    );
  const rules = listRules(conn).map(
    (rule) =>
      `${where} rule ${rule.priority} ${rule.source === undefined ? "all" : formatCidr(rule.source)} table ${rule.table}`,
  );
  return [...links, ...addresses, ...routes, ...rules];
}

/** Names that are made up anew each time. */
function likeName(name: string): string {
  return name.replace(/^(veth|bwp)[0-9a-f]{8,}$/, "$1*");
}

function isLinkLocal({ family, value }: { family: 4 | 6; value: bigint }): boolean {
  return family === 6 && value >> 118n === 0x3fan;
}

function isAutomatic(destination: string): boolean {
  return destination.startsWith("fe80::") || destination.startsWith("ff00::");
}

/** Chains and rules of both kinds of firewall, without counters and handles. */
function firewallState(host: TestHost): string[] {
  const commands = [["nft", "list", "ruleset"], ["iptables-save"], ["ip6tables-save"]];
  return commands.flatMap((argv) => {
    const [program = ""] = argv;
    if (Bun.which(program) === null) return [];
    const shown = host.inside(() => Bun.spawnSync(argv, { stderr: "ignore" }).stdout.toString());
    return shown
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .map((line) => `${program} ${line.replaceAll(/\[\d+:\d+\]/g, "").trim()}`);
  });
}

function queueState(host: TestHost): string[] {
  if (Bun.which("tc") === null) return [];
  const shown = host.inside(() => Bun.spawnSync(["tc", "qdisc", "show"]).stdout.toString());
  return shown
    .split("\n")
    .filter((line) => /tbf|ingress|clsact/.test(line))
    .map((line) => `qdisc ${line.trim().replaceAll(/(veth|bwp)[0-9a-f]{8,}/g, "$1*")}`);
}

/** Every file below a directory with its content; locks and what only remembers are left out. */
function fileState(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/(lock|state|last_reserved_ip\.\d+|\.[^/]*)$/.test(path))
    .map(
      (path) =>
        `file ${path.slice(directory.length)} ${JSON.stringify(readFileSync(path, "utf8"))}`,
    );
}
