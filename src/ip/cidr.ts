import { err, ok, type Result } from "../base/mod.ts";
import { formatAddress, type IpAddress, parseAddress } from "./address.ts";

/** A prefix: its first address (host bits zero) and its length in bits. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly network: bigint;
  readonly prefixLength: number;
}

/** Parses `10.200.0.0/24` or `fd00::/64`; refuses host bits and missing lengths with a sentence. */
export function parseCidr(text: string): Result<Cidr, string> {
  const slash = text.indexOf("/");
  if (slash === -1) return err(`expected ADDRESS/LENGTH, found "${text}"`);
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return address;
  const lengthText = text.slice(slash + 1);
  const bits = address.value.family === 4 ? 32 : 128;
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bits) {
    return err(`expected a prefix length of 0 to ${bits}, found "${lengthText}"`);
  }
  const prefixLength = Number(lengthText);
  const hostMask = (1n << BigInt(bits - prefixLength)) - 1n;
  const network = address.value.value & ~hostMask;
  const cidr: Cidr = { family: address.value.family, network, prefixLength };
  if (network !== address.value.value) {
    return err(`"${text}" has host bits set; the network is ${formatCidr(cidr)}`);
  }
  return ok(cidr);
}

/** Prints a prefix in canonical form. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress({ family: cidr.family, value: cidr.network })}/${cidr.prefixLength}`;
}

/** The last address of a prefix, as a number. */
export function lastAddress(cidr: Cidr): bigint {
  const bits = cidr.family === 4 ? 32 : 128;
  return cidr.network + (1n << BigInt(bits - cidr.prefixLength)) - 1n;
}

/** True where the prefix holds the address. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  return (
    cidr.family === address.family &&
    address.value >= cidr.network &&
    address.value <= lastAddress(cidr)
  );
}

/** True where every address of `inner` is in `outer`. */
export function cidrContainsCidr(outer: Cidr, inner: Cidr): boolean {
  return (
    outer.family === inner.family &&
    inner.network >= outer.network &&
    lastAddress(inner) <= lastAddress(outer)
  );
}

/** True where the two prefixes share an address. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.network <= lastAddress(b) && b.network <= lastAddress(a);
}

/** The address `offset` places after the first one of the prefix, e.g. 1 for the usual gateway. */
export function addressAt(cidr: Cidr, offset: bigint): IpAddress {
  return { family: cidr.family, value: cidr.network + offset };
}
