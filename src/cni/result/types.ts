import type { Cidr, InterfaceAddress, IpAddress } from "../../ip/mod.ts";

/**
 * What a plugin did, in the words of SPEC 1.1 "Result types". This is the one form that the code
 * works with; the older forms exist only as JSON.
 */
export interface CniResult {
  readonly interfaces: readonly CniInterface[];
  readonly ips: readonly CniIp[];
  readonly routes: readonly CniRoute[];
  readonly dns: CniDns;
}

/** A link that the attachment has. */
export interface CniInterface {
  readonly name: string;
  /** In lower case; absent where the link has none. */
  readonly mac?: string;
  readonly mtu?: number;
  /** The path of the namespace that it is in; absent for the host's. */
  readonly sandbox?: string;
  readonly socketPath?: string;
  readonly pciID?: string;
}

/** An address of the attachment. */
export interface CniIp {
  readonly address: InterfaceAddress;
  readonly gateway?: IpAddress;
  /** Index into `interfaces`. */
  readonly interface?: number;
}

/** A route in the pod. */
export interface CniRoute {
  readonly dst: Cidr;
  readonly gw?: IpAddress;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

/** What resolv.conf would say. */
export interface CniDns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** A result in which nothing is. */
export const EMPTY_RESULT: CniResult = { interfaces: [], ips: [], routes: [], dns: {} };

/** What a configuration says of DNS, where it says anything (an empty list too), else `other`. */
export function dnsOr(dns: CniDns, other: CniDns): CniDns {
  return Object.keys(dns).length === 0 ? other : dns;
}

/** True where no field of a DNS setting is set. */
export function isEmptyDns(dns: CniDns): boolean {
  return (
    (dns.nameservers ?? []).length === 0 &&
    (dns.domain ?? "") === "" &&
    (dns.search ?? []).length === 0 &&
    (dns.options ?? []).length === 0
  );
}
