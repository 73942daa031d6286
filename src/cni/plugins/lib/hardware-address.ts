/** Lengths in bytes: Ethernet, EUI-64, IPoIB. */
const LENGTHS = [6, 8, 20];

/**
 * A hardware address in any of the notations that configurations have (`02:42:..`, `02-42-..`,
 * `0242.0ac8.0001`), in lower case with colons as the kernel's links have it; undefined for what is
 * none.
 */
export function normalizeHardwareAddress(text: string): string | undefined {
  const isBytes = /^[0-9a-f]{2}(([:-])[0-9a-f]{2})(\2[0-9a-f]{2})*$/;
  const lower = text.toLowerCase();
  const separator = isBytes.exec(lower)?.[2];
  const isGroups = /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/.test(lower);
  if (separator === undefined && !isGroups) return undefined;
  const bytes = lower.replaceAll(/[:.-]/g, "").match(/../g) ?? [];
  return LENGTHS.includes(bytes.length) ? bytes.join(":") : undefined;
}
