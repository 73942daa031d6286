import type { Container } from "../api/mod.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const utf8 = new TextEncoder();

/**
 * The kubelet's own hash of a container (FNV-1a, 32 bits, of name and image as Go prints the bytes of
 * their JSON): a container that either of the two made is not restarted by the other.
 */
export function containerHash(container: Container): string {
  const json = goJson({ image: container.image ?? "", name: container.name });
  return fnv32a(goBytes(utf8.encode(json))).toString(16);
}

/** JSON as Go's encoder writes it: these characters are escaped. */
function goJson(value: Readonly<Record<string, string>>): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A byte slice as spew's `%#v` prints it. */
function goBytes(bytes: Uint8Array): Uint8Array {
  return utf8.encode(`([]uint8)[${[...bytes].join(" ")}]`);
}

function fnv32a(bytes: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return hash;
}
