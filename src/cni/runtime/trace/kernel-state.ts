import { readFileSync } from "node:fs";
import { Conn } from "../../../netlink/mod.ts";
import { type Netns, withNetns } from "../../../netns/mod.ts";
import {
  type Link,
  type LinkAddress,
  listAddresses,
  listLinks,
  listRoutes,
  listRules,
  type Route,
  RT_TABLE,
  type Rule,
} from "../../../rtnl/mod.ts";
import type { KernelItem } from "./kernel-item.ts";

/** What a network namespace has, as far as plugins change it. */
export interface NetnsState {
  readonly links: readonly Link[];
  /** Without link-local IPv6 addresses: the kernel gives those to a link when it likes. */
  readonly addresses: readonly LinkAddress[];
  /** Without those that the kernel keeps for its own addresses (table local) and link-local ones. */
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** `ip_forward`, and what links have otherwise than new links get it. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** Both ends of an attachment. */
export interface KernelState {
  readonly host: NetnsState;
  readonly pod: NetnsState;
  /** Lines of the host's packet filter, each with its table and chain: see readFirewall. */
  readonly firewall: readonly FirewallLine[];
  /** Reservations of addresses: see readReservationFiles. */
  readonly files: readonly KernelItem[];
}

/** A rule, or the head of a chain, of the host's packet filter. */
export interface FirewallLine {
  /** `table ip nat`, `table ip nat chain POSTROUTING`. */
  readonly place: string;
  readonly text: string;
  /** Of a rule of nftables: what a deletion names it by. */
  readonly handle?: number;
}

/**
 * Reads what a namespace has; the thread's own without one. `sysctls` are those that are of
 * interest whatever their value is, as paths below /proc/sys/net.
 */
export function readNetnsState(sysctls: readonly string[], netns?: Netns): NetnsState {
  return netns === undefined ? readState(sysctls) : withNetns(netns, () => readState(sysctls));
}

function readState(sysctls: readonly string[]): NetnsState {
  using conn = Conn.open();
  const links = listLinks(conn);
  return {
    links,
    addresses: listAddresses(conn).filter((one) => !isLinkLocal(one.address)),
    routes: listRoutes(conn).filter(isOfInterest),
    rules: listRules(conn),
    sysctls: { ...readSysctls(links), ...readNamed(sysctls) },
  };
}

function isLinkLocal({ family, value }: LinkAddress["address"]): boolean {
  return family === 6 && value >> 118n === 0x3fan;
}

function isOfInterest({ table, type, destination }: Route): boolean {
  if (table === RT_TABLE.LOCAL || type !== "unicast") return false;
  const { family, network } = destination;
  // fe80::/10 and ff00::/8 come with every link that is up.
  return !(family === 6 && (isLinkLocal({ family, value: network }) || network >> 120n === 0xffn));
}

const GLOBAL_KEYS = ["ipv4/ip_forward", "ipv6/conf/all/forwarding"];
const LINK_KEYS = [
  "ipv4/conf/LINK/arp_notify",
  "ipv4/conf/LINK/proxy_arp",
  "ipv4/conf/LINK/route_localnet",
  "ipv4/conf/LINK/rp_filter",
  "ipv6/conf/LINK/accept_dad",
  "ipv6/conf/LINK/accept_ra",
  "ipv6/conf/LINK/disable_ipv6",
  "ipv6/conf/LINK/keep_addr_on_down",
  "ipv6/conf/LINK/ndisc_notify",
];

function readSysctls(links: readonly Link[]): Record<string, string> {
  const found = readNamed(GLOBAL_KEYS);
  for (const template of LINK_KEYS) {
    const usual = read(template.replace("LINK", "default"));
    for (const { name } of links) {
      const value = name === "lo" ? undefined : read(template.replace("LINK", name));
      if (value !== undefined && value !== usual) found[template.replace("LINK", name)] = value;
    }
  }
  return found;
}

function readNamed(keys: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of keys) {
    const value = read(key);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

function read(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/net/${key}`, "utf8").trim();
  } catch {
    // A kernel without IPv6, or a link that has just gone.
    return undefined;
  }
}
