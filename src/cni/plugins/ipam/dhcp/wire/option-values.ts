import { formatAddress, type IpAddress } from "../../../../../ip/mod.ts";
import type { DhcpOptions } from "./options.ts";

/** A route as a server gives it; `gateway` 0 is the link itself. */
export interface OptionRoute {
  readonly network: number;
  readonly prefixLength: number;
  readonly gateway: number;
}

/** A number as an IPv4 address. */
export function ipv4(number: number): IpAddress {
  return { family: 4, value: BigInt(number) };
}

/** An IPv4 number as text. */
export function formatIpv4(number: number): string {
  return formatAddress(ipv4(number));
}

/** Four bytes in network order. */
export function addressBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** A value of four bytes as a number: an address, or seconds. */
export function readU32(options: DhcpOptions, code: number): number | undefined {
  const bytes = options.get(code);
  return bytes?.length === 4 ? u32At(bytes, 0) : undefined;
}

/** A list of addresses; empty where it is absent. What is left over at its end is passed over. */
export function readAddresses(options: DhcpOptions, code: number): readonly number[] {
  const bytes = options.get(code) ?? new Uint8Array();
  const count = Math.floor(bytes.length / 4);
  return Array.from({ length: count }, (_, i) => u32At(bytes, i * 4));
}

/** A text without the NULs that some servers put at its end; undefined where nothing is left. */
export function readText(options: DhcpOptions, code: number): string | undefined {
  const text = new TextDecoder().decode(options.get(code) ?? new Uint8Array()).replace(/\0+$/, "");
  return text === "" ? undefined : text;
}

/** The length of a mask's prefix; undefined where it is absent or has holes. */
export function readPrefixLength(options: DhcpOptions, code: number): number | undefined {
  const mask = readU32(options, code);
  if (mask === undefined) return undefined;
  const hostBits = ~mask >>> 0;
  // One less than a power of two: ones up to the end.
  return (hostBits & (hostBits + 1)) === 0 ? Math.clz32(hostBits) : undefined;
}

/** RFC 3442: bits, as many bytes of the network as that needs, gateway. What is wrong ends the list. */
export function readClasslessRoutes(options: DhcpOptions, code: number): readonly OptionRoute[] {
  const bytes = options.get(code) ?? new Uint8Array();
  const routes: OptionRoute[] = [];
  for (let at = 0; at < bytes.length; ) {
    const prefixLength = bytes[at++] ?? 0;
    const significant = Math.ceil(prefixLength / 8);
    if (prefixLength > 32 || at + significant + 4 > bytes.length) break;
    const network = new Uint8Array(4);
    network.set(bytes.subarray(at, at + significant));
    const masked = maskNetwork(u32At(network, 0), prefixLength);
    routes.push({ network: masked, prefixLength, gateway: u32At(bytes, at + significant) });
    at += significant + 4;
  }
  return routes;
}

/** RFC 2132, 5.8: pairs of a destination, whose class says its length, and a gateway. */
export function readStaticRoutes(options: DhcpOptions, code: number): readonly OptionRoute[] {
  const addresses = readAddresses(options, code);
  const routes: OptionRoute[] = [];
  for (let i = 0; i + 1 < addresses.length; i += 2) {
    const [destination = 0, gateway = 0] = addresses.slice(i, i + 2);
    // 0.0.0.0 is not allowed here, and multicast has no class with a length.
    const prefixLength = classPrefixLength(destination);
    if (destination === 0 || prefixLength === undefined) continue;
    routes.push({ network: maskNetwork(destination, prefixLength), prefixLength, gateway });
  }
  return routes;
}

function classPrefixLength(address: number): number | undefined {
  const first = address >>> 24;
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : undefined;
}

function maskNetwork(address: number, prefixLength: number): number {
  // A shift by 32 would be one by 0.
  return prefixLength === 0 ? 0 : (address & (-1 << (32 - prefixLength))) >>> 0;
}

/** RFC 1035: a name has at most 255 bytes, a label at most 63. */
const MAX_NAME_BYTES = 255;

/**
 * RFC 3397: names as in DNS, with pointers back into the value. A name that is cut off, or whose
 * pointers do not lead backwards, ends the list.
 */
export function readDomainSearch(options: DhcpOptions, code: number): readonly string[] {
  const bytes = options.get(code) ?? new Uint8Array();
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = readName(bytes, at);
    if (read === undefined) break;
    if (read.name !== "") names.push(read.name);
    at = read.end;
  }
  return names;
}

function readName(bytes: Uint8Array, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let length = 0;
  for (let at = start, lowest = start; ; ) {
    const size = bytes[at++];
    if (size === undefined) return undefined;
    if (size === 0) return { name: labels.join("."), end: end ?? at };
    if (size >= 0xc0) {
      const low = bytes[at++];
      const target = ((size & 0x3f) << 8) | (low ?? 0);
      if (low === undefined || target >= lowest) return undefined;
      end ??= at;
      at = target;
      lowest = target;
      continue;
    }
    const label = bytes.subarray(at, at + size);
    length += size + 1;
    if (size > 63 || label.length < size || length > MAX_NAME_BYTES) return undefined;
    labels.push(new TextDecoder().decode(label));
    at += size;
  }
}

function u32At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
