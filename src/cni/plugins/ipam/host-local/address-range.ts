import {
  addressAt,
  addressBits,
  type Cidr,
  cidrContains,
  formatAddress,
  formatCidr,
  type IpAddress,
  isMappedAddress,
  lastAddress,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
} from "../../../../ip/mod.ts";
import type { ConfObject } from "../../../conf-object.ts";
import type { CniError } from "../../../errors.ts";

/** A part of a subnet that addresses are handed out of; both ends belong to it. */
export interface AddressRange {
  readonly subnet: Cidr;
  readonly start: bigint;
  readonly end: bigint;
  /** Never handed out. */
  readonly gateway: IpAddress;
}

/** Ranges of one family that serve one address of each attachment, used in their order. */
export type RangeSet = readonly AddressRange[];

/** Bits that a subnet must leave for hosts: less, and there is nothing to hand out. */
const LEAST_HOST_BITS = 2;

/**
 * Reads `{subnet, rangeStart, rangeEnd, gateway}`. Left out: the start is the first address after
 * the network's own, the end the last one before the broadcast address (IPv6 has none), the
 * gateway the first one. CniError 7 names what is wrong.
 */
export function readAddressRange(object: ConfObject): AddressRange {
  const subnet = readSubnet(object);
  const { family } = subnet;
  const first = addressAt(subnet, 1n);
  const last: IpAddress = {
    family,
    value: family === 4 ? lastAddress(subnet) - 1n : lastAddress(subnet),
  };
  const start = readAddress(object, "rangeStart") ?? first;
  const end = readAddress(object, "rangeEnd") ?? last;
  for (const [key, address] of [
    ["rangeStart", start],
    ["rangeEnd", end],
  ] as const) {
    if (!cidrContains(subnet, address)) {
      throw object.wrong(key, `an address of ${formatCidr(subnet)}`);
    }
  }
  if (start.value > end.value) {
    throw object.wrong("rangeStart", `at or before the range's end ${formatAddress(end)}`);
  }
  const gateway = readAddress(object, "gateway") ?? first;
  return { subnet, start: start.value, end: end.value, gateway };
}

function readSubnet(object: ConfObject): Cidr {
  const parsed = parseInterfaceAddress(object.text("subnet") ?? "");
  if (!parsed.ok) throw object.wrong("subnet", "a network as 10.1.0.0/24");
  const subnet = networkOf(parsed.value);
  if (isMappedAddress(parsed.value.address)) {
    const bits = addressBits(6) - addressBits(4);
    const asIpv4 = formatCidr({
      ...subnet,
      family: 4,
      network: subnet.network & 0xffffffffn,
      prefixLength: Math.max(0, subnet.prefixLength - bits),
    });
    throw object.wrong(
      "subnet",
      `a network of IPv4 or IPv6: this is IPv4 written as IPv6, write ${asIpv4}`,
    );
  }
  if (subnet.network !== parsed.value.address.value) {
    const what = `a network without host bits: that would be ${formatCidr(subnet)}`;
    throw object.wrong("subnet", what);
  }
  if (subnet.prefixLength > addressBits(subnet.family) - LEAST_HOST_BITS) {
    throw object.wrong("subnet", "a network with addresses to hand out: it is too small");
  }
  return subnet;
}

function readAddress(object: ConfObject, key: string): IpAddress | undefined {
  const text = object.text(key) ?? "";
  if (text === "") return undefined;
  const parsed = parseAddress(text);
  if (!parsed.ok || isMappedAddress(parsed.value)) throw object.wrong(key, "an IP address");
  return parsed.value;
}

/** True where the range holds the address. */
export function rangeHolds({ subnet, start, end }: AddressRange, address: IpAddress): boolean {
  return subnet.family === address.family && address.value >= start && address.value <= end;
}

/** The range of a set that holds the address. */
export function rangeOf(set: RangeSet, address: IpAddress): AddressRange | undefined {
  for (const range of set) if (rangeHolds(range, address)) return range;
  return undefined;
}

/** True where an address is one of these. */
export function holdsAddress(addresses: readonly IpAddress[], address: IpAddress): boolean {
  for (const { family, value } of addresses) {
    if (family === address.family && value === address.value) return true;
  }
  return false;
}

/** True where two ranges have an address in common. */
export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.subnet.family === b.subnet.family && a.start <= b.end && b.start <= a.end;
}

/** How many addresses a range has to hand out: the gateway is none of them. */
function addressCount(range: AddressRange): bigint {
  const count = range.end - range.start + 1n;
  return rangeHolds(range, range.gateway) ? count - 1n : count;
}

/** A CniError 7 where the ranges of a set are of two families, overlap, or have nothing to hand out. */
export function checkRangeSet(set: RangeSet, problem: (what: string) => CniError): void {
  for (const range of set) {
    for (const other of set) {
      if (other === range) break;
      if (range.subnet.family !== other.subnet.family) throw problem("it mixes IPv4 and IPv6");
      if (rangesOverlap(range, other)) {
        throw problem(`${formatRange(other)} and ${formatRange(range)} overlap`);
      }
    }
  }
  if (set.every((range) => addressCount(range) === 0n)) {
    throw problem(
      `${formatRangeSet(set)} has no address but the gateway, which is never handed out`,
    );
  }
}

/** A range for people: `10.1.0.1-10.1.0.254`. */
export function formatRange({ subnet: { family }, start, end }: AddressRange): string {
  return `${formatAddress({ family, value: start })}-${formatAddress({ family, value: end })}`;
}

/** All ranges of a set for people. */
export function formatRangeSet(set: RangeSet): string {
  return set.map(formatRange).join(",");
}
