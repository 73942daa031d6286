import { formatMac } from "../../../ip/mod.ts";

/**
 * A MAC of nobody's: random, locally administered, of one station. Links get one from here instead
 * of the kernel's, which udev may exchange for another after ADD has told it. It is no secret: the
 * engine's own generator, which the kernel's seeds in each process, is there without any loading.
 */
export function randomMac(): string {
  const bytes = new Uint8Array(6);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
  bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 0x02;
  return formatMac(bytes);
}

/** The highest first byte that a MAC of one station, locally administered, can have. */
const HIGHEST_FIRST_BYTE = "fe";

/**
 * A MAC for the port of a bridge. A bridge without a MAC of its own takes the lowest of its ports':
 * this one is above those of hardware, so the bridge keeps the one that it has.
 */
export function portMac(): string {
  return HIGHEST_FIRST_BYTE + randomMac().slice(HIGHEST_FIRST_BYTE.length);
}
