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
