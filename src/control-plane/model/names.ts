/** Kubernetes' letters for generated names: no vowels, nothing that is easily confused. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const MAX_BASE = 58;

/** A name as the API server makes it from generateName: the base and five letters. */
export function generateName(base: string, random: () => number = Math.random): string {
  let suffix = "";
  for (let i = 0; i < 5; i++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return base.slice(0, MAX_BASE) + suffix;
}

/** A short hash of a value, the same whatever the order of its keys; letters as in generated names. */
export function hashOf(value: unknown, salt = 0): string {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(stableJson(value) + (salt === 0 ? "" : salt))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join("");
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
