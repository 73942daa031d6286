import { ELF } from "./constants.ts";
import { readSegments } from "./elf-tables.ts";
import type { RandomAccess } from "./random-access.ts";

/** Writable data of the programs in question is a few megabytes; more is not looked through. */
const MAX_DATA_BYTES = 64 * 1024 * 1024;

/**
 * The version that a Go program was given with `-ldflags -X ...Version=...`: the linker lays
 * such strings down in the writable data, between zero bytes, where no other Go string is. So
 * it can be read from stripped and trimmed programs of every architecture. Undefined where
 * there is none, or where several disagree.
 */
export async function readStampedVersion(file: RandomAccess): Promise<string | undefined> {
  const found = new Set<string>();
  for (const segment of await readSegments(file)) {
    const isData = segment.type === ELF.PT_LOAD && (segment.flags & ELF.PF_W) !== 0;
    if (!isData || segment.fileSizeBytes > MAX_DATA_BYTES) continue;
    const bytes = await file.read(segment.offset, segment.fileSizeBytes);
    // latin1 keeps one character a byte, so that zero bytes can be matched as such.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    for (const match of text.matchAll(/(?<=\0)v?\d+\.\d+\.\d+[0-9A-Za-z.~+-]{0,60}(?=\0)/g)) {
      found.add(match[0]);
    }
  }
  // Debian stamps the package's version beside the program's own, which it begins with.
  const candidates = [...found];
  return candidates.find((short) => candidates.every((other) => other.startsWith(short)));
}
