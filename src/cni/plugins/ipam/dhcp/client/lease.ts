import { err, ok, type Result } from "../../../../../base/mod.ts";
import type { CniDns, CniResult, CniRoute } from "../../../../result/types.ts";
import { DHCP_OPTION } from "../wire/constants.ts";
import type { DhcpMessage } from "../wire/message.ts";
import {
  formatIpv4,
  ipv4,
  type OptionRoute,
  readAddresses,
  readClasslessRoutes,
  readDomainSearch,
  readPrefixLength,
  readStaticRoutes,
  readText,
  readU32,
} from "../wire/option-values.ts";
import type { DhcpOptions } from "../wire/options.ts";

/** A server as a client knows it: its identifier, and the MAC by which its last answer came. */
export interface DhcpServer {
  readonly id: number;
  readonly mac: Uint8Array;
}

/** What a server has granted. Times are of the client's clock, in milliseconds; Infinity is never. */
export interface Lease {
  readonly address: number;
  /** The address, gateway, routes and DNS; without anything that a configuration changes. */
  readonly result: CniResult;
  readonly server: DhcpServer;
  /** T1: from here on the server is asked for more time. */
  readonly renewAtMs: number;
  /** T2: from here on any server is asked. */
  readonly rebindAtMs: number;
  readonly expireAtMs: number;
}

/** RFC 2131, 3.3: all ones is no end. */
const INFINITE = 0xffff_ffff;
/** What a server means that says nothing: as the reference takes it. */
const DEFAULT_LEASE_SECONDS = 3600;
/** RFC 2131, 4.4.5. */
const T1_SHARE = 0.5;
const T2_SHARE = 0.875;

/** A route by the link itself: RT_SCOPE_LINK of uapi linux/rtnetlink.h. */
const SCOPE_LINK = 253;

/** Reads a lease out of an ACK (or an OFFER); an error says what it lacks. */
export function leaseOf(
  message: DhcpMessage,
  { serverMac, startedMs }: { readonly serverMac: Uint8Array; readonly startedMs: number },
): Result<Lease, string> {
  const { options, yiaddr } = message;
  const prefixLength = readPrefixLength(options, DHCP_OPTION.SUBNET_MASK);
  const serverId = readU32(options, DHCP_OPTION.SERVER_ID) ?? 0;
  const seconds = readU32(options, DHCP_OPTION.LEASE_TIME) ?? DEFAULT_LEASE_SECONDS;
  if (!isHost(yiaddr)) return err("it has no address that a host can have");
  if (prefixLength === undefined) return err("it has no valid subnet mask (option 1)");
  if (!isHost(serverId)) return err("it has no server identifier (option 54)");
  if (seconds === 0) return err("its lease ends at once (option 51)");
  const gateway = readAddresses(options, DHCP_OPTION.ROUTERS).find(isHost);
  return ok({
    address: yiaddr,
    result: {
      interfaces: [],
      ips: [
        {
          address: { address: ipv4(yiaddr), prefixLength },
          ...(gateway === undefined ? {} : { gateway: ipv4(gateway) }),
        },
      ],
      routes: routesOf(options, gateway),
      dns: dnsOf(options),
    },
    server: { id: serverId, mac: serverMac },
    ...timesOf(options, startedMs, seconds),
  });
}

/** Not "this host", loopback, multicast or broadcast. */
function isHost(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

function timesOf(options: DhcpOptions, startedMs: number, seconds: number) {
  if (seconds === INFINITE) {
    return { renewAtMs: Infinity, rebindAtMs: Infinity, expireAtMs: Infinity };
  }
  const given2 = readU32(options, DHCP_OPTION.REBINDING_TIME) ?? 0;
  const t2 = given2 > 0 && given2 < seconds ? given2 : seconds * T2_SHARE;
  const given1 = readU32(options, DHCP_OPTION.RENEWAL_TIME) ?? 0;
  const t1 = given1 > 0 && given1 <= t2 ? given1 : Math.min(seconds * T1_SHARE, t2);
  return {
    renewAtMs: startedMs + t1 * 1000,
    rebindAtMs: startedMs + t2 * 1000,
    expireAtMs: startedMs + seconds * 1000,
  };
}

/** RFC 3442: where there are classless routes, the others and the routers do not count. */
function routesOf(options: DhcpOptions, gateway: number | undefined): readonly CniRoute[] {
  const classless = readClasslessRoutes(options, DHCP_OPTION.CLASSLESS_ROUTES);
  if (classless.length > 0) return classless.map(routeOf);
  const routes = readStaticRoutes(options, DHCP_OPTION.STATIC_ROUTES).map(routeOf);
  if (gateway === undefined) return routes;
  return [...routes, routeOf({ network: 0, prefixLength: 0, gateway })];
}

/** A gateway of 0.0.0.0 stays in the result: without one, plugins would take that of the address. */
function routeOf({ network, prefixLength, gateway }: OptionRoute): CniRoute {
  return {
    dst: { family: 4, network: BigInt(network), prefixLength },
    gw: ipv4(gateway),
    ...(gateway === 0 ? { scope: SCOPE_LINK } : {}),
  };
}

function dnsOf(options: DhcpOptions): CniDns {
  const nameservers = readAddresses(options, DHCP_OPTION.DNS_SERVERS).filter(isHost);
  const domain = readText(options, DHCP_OPTION.DOMAIN_NAME);
  const search = readDomainSearch(options, DHCP_OPTION.DOMAIN_SEARCH);
  return {
    ...(nameservers.length === 0 ? {} : { nameservers: nameservers.map(formatIpv4) }),
    ...(domain === undefined ? {} : { domain }),
    ...(search.length === 0 ? {} : { search }),
  };
}
