import { err, ok, type Result } from "../base/mod.ts";

const HEX = "0123456789abcdef";

/** Parses `02:42:0a:c8:00:01` (six groups of two hex digits) into six bytes. */
export function parseMac(text: string): Result<Uint8Array, string> {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) {
    return err(`expected a MAC address like 02:42:0a:c8:00:01, found "${text}"`);
  }
  return ok(Uint8Array.fromHex(text.replaceAll(":", "")));
}

/** Prints a link-layer address of any length in lower case, bytes joined by colons. */
export function formatMac(bytes: Uint8Array): string {
  let text = "";
  // By index: a typed array's iterator is JavaScript of the engine, which every start would compile.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (i > 0) text += ":";
    text += HEX[byte >> 4];
    text += HEX[byte & 15];
  }
  return text;
}
