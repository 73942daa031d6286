import { err, ok, type Result } from "../base/mod.ts";
import { formatAddress, type IpAddress, parseAddress } from "./address.ts";
import type { Cidr } from "./cidr.ts";

/** An address of a link with the length of the prefix that it is in: `10.200.0.7/24`. */
export interface InterfaceAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** Parses ADDRESS/LENGTH where the address is a host's, so its host bits may be set. */
export function parseInterfaceAddress(text: string): Result<InterfaceAddress, string> {
  const slash = text.indexOf("/");
  if (slash === -1) return err(`expected ADDRESS/LENGTH, found "${text}"`);
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return address;
  const lengthText = text.slice(slash + 1);
  const bits = addressBits(address.value.family);
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bits) {
    return err(`expected a prefix length of 0 to ${bits}, found "${lengthText}"`);
  }
  return ok({ address: address.value, prefixLength: Number(lengthText) });
}

/** Prints ADDRESS/LENGTH. */
export function formatInterfaceAddress({ address, prefixLength }: InterfaceAddress): string {
  return `${formatAddress(address)}/${prefixLength}`;
}

/** The prefix that the address is in: `10.200.0.0/24` of `10.200.0.7/24`. */
export function networkOf({ address, prefixLength }: InterfaceAddress): Cidr {
  const hostBits = BigInt(addressBits(address.family) - prefixLength);
  return {
    family: address.family,
    network: (address.value >> hostBits) << hostBits,
    prefixLength,
  };
}

/** The number of bits of an address: 32 or 128. */
export function addressBits(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
