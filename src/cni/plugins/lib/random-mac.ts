import { formatMac } from "../../../ip/mod.ts";

/**
 * A MAC of nobody's: random, locally administered, of one station. Links get one from here instead
 * of the kernel's, which udev may exchange for another after ADD has told it.
 */
export function randomMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 0x02;
  return formatMac(bytes);
}
