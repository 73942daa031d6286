import { err, ok, type Result } from "../../../../../base/mod.ts";
import { DHCP_OPTION } from "./constants.ts";

/** Options by their code, in the order in which they stood; a value that came in parts is joined. */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>;

/** The length of an option is one byte. */
const MAX_PART_BYTES = 255;

/**
 * Reads options (RFC 2132, section 2). An option that stands several times is one value in parts
 * (RFC 3396). An error where the last one is cut off.
 */
export function decodeOptions(fields: readonly Uint8Array[]): Result<DhcpOptions, string> {
  const options = new Map<number, Uint8Array>();
  for (const field of fields) {
    for (let at = 0; at < field.length; ) {
      const code = field[at++] ?? DHCP_OPTION.END;
      if (code === DHCP_OPTION.PAD) continue;
      if (code === DHCP_OPTION.END) break;
      const length = field[at++];
      if (length === undefined || at + length > field.length) {
        return err(`option ${code} is cut off`);
      }
      const part = field.slice(at, at + length);
      const before = options.get(code);
      options.set(code, before === undefined ? part : Buffer.concat([before, part]));
      at += length;
    }
  }
  return ok(options);
}

/** Writes options with their end mark; a value of more than 255 bytes in parts (RFC 3396). */
export function encodeOptions(options: DhcpOptions): Uint8Array {
  const bytes: number[] = [];
  for (const [code, value] of options) {
    let at = 0;
    do {
      const part = value.subarray(at, at + MAX_PART_BYTES);
      bytes.push(code, part.length, ...part);
      at += MAX_PART_BYTES;
    } while (at < value.length);
  }
  bytes.push(DHCP_OPTION.END);
  return Uint8Array.from(bytes);
}
