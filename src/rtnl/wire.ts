import {
  addressFromBytes,
  addressToBytes,
  type Cidr,
  formatAddress,
  formatMac,
  type IpAddress,
  parseMac,
} from "../ip/mod.ts";
import type { Attributes, Encoder } from "../netlink/mod.ts";
import { AF } from "../sys/mod.ts";

/** The socket family number of an address family. */
export function afOf(family: 4 | 6): number {
  return family === 4 ? AF.INET : AF.INET6;
}

/** The address family of a socket family number; undefined for families without IP addresses. */
export function familyOf(af: number): 4 | 6 | undefined {
  if (af === AF.INET) return 4;
  return af === AF.INET6 ? 6 : undefined;
}

/** Writes an address as an attribute, in network order. */
export function attrAddress(encoder: Encoder, type: number, address: IpAddress): void {
  encoder.attrBytes(type, addressToBytes(address));
}

/** Reads an address; undefined where the length is that of no IP address. */
export function readAddress(attributes: Attributes): IpAddress | undefined {
  return addressFromBytes(attributes.bytes());
}

/** The first address of a prefix. */
export function networkOf(cidr: Cidr): IpAddress {
  return { family: cidr.family, value: cidr.network };
}

/** The prefix of this address and length, with the host bits cleared as the kernel has them. */
export function cidrOf(address: IpAddress, prefixLength: number): Cidr {
  const bits = BigInt((address.family === 4 ? 32 : 128) - prefixLength);
  return { family: address.family, network: (address.value >> bits) << bits, prefixLength };
}

/** Writes a MAC given as text; a wrong one is the caller's mistake. */
export function attrMac(encoder: Encoder, type: number, text: string): void {
  const parsed = parseMac(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  encoder.attrBytes(type, parsed.value);
}

/** Reads a link-layer address as text. */
export function readMac(attributes: Attributes): string {
  return formatMac(attributes.bytes());
}

/** An address with its length, for messages: `10.200.0.1/24`. */
export function formatInterfaceAddress(address: IpAddress, prefixLength: number): string {
  return `${formatAddress(address)}/${prefixLength}`;
}
