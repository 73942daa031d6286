import { err, ok, type Result } from "../base/mod.ts";

/** An IPv4 or IPv6 address as a number. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Parses a dotted-quad IPv4 address (no leading zeros) or an RFC 4291 IPv6 address (no zone). */
export function parseAddress(text: string): Result<IpAddress, string> {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Result<IpAddress, string> {
  const parts = text.split(".");
  if (parts.length !== 4) return err(`expected an IP address, found "${text}"`);
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) {
      return err(`expected an IPv4 address, found "${text}" ("${part}" is not 0 to 255)`);
    }
    value = (value << 8n) | BigInt(part);
  }
  return ok({ family: 4, value });
}

/** Replaces a trailing dotted quad (`::ffff:10.0.0.1`) by two groups. */
function expandEmbeddedIpv4(text: string): string | undefined {
  const colon = text.lastIndexOf(":");
  const tail = text.slice(colon + 1);
  if (!tail.includes(".")) return text;
  const v4 = parseIpv4(tail);
  if (!v4.ok) return undefined;
  const high = (v4.value.value >> 16n).toString(16);
  return `${text.slice(0, colon + 1)}${high}:${(v4.value.value & 0xffffn).toString(16)}`;
}

function parseIpv6(text: string): Result<IpAddress, string> {
  const wrong = err(`expected an IPv6 address, found "${text}"`);
  const expanded = expandEmbeddedIpv4(text);
  if (expanded === undefined) return wrong;
  const halves = expanded.split("::");
  if (halves.length > 2) return wrong;
  const groupsOf = (half: string | undefined): string[] =>
    half === undefined || half === "" ? [] : half.split(":");
  const head = groupsOf(halves[0]);
  const tail = groupsOf(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return wrong;
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill("0"), ...tail];
  let value = 0n;
  for (const group of groups) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return wrong;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return ok({ family: 6, value });
}

/** Prints an address in canonical form (RFC 5952 for IPv6). */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) {
    const value = Number(address.value);
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    groups.push(((address.value >> shift) & 0xffffn).toString(16));
  }
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== "0") start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  }
  return best;
}

/** True for an IPv4 address written as IPv6: ::ffff:10.0.0.1. */
export function isMappedAddress({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 32n === 0xffffn;
}

/** True for fe80::/10: an address that each link has for itself. */
export function isLinkLocal({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 118n === 0x3fan;
}
