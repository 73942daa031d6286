import { ELF } from "./constants.ts";
import { readHeaders } from "./elf-tables.ts";
import type { RandomAccess } from "./random-access.ts";

/** Constants of the programs in question are some tens of megabytes; more is not looked through. */
const MAX_DATA_BYTES = 128 * 1024 * 1024;
const STAMP = /(?<=\0)v?\d{1,4}\.\d{1,4}\.\d{1,4}(?:[-+~][0-9A-Za-z.~+-]{1,60})?(?=\0)/g;

/**
 * The version that a Go program was given with `-ldflags -X ...Version=...`: the linker lays
 * such strings down between zero bytes, as it does with no other Go string. So it can be read
 * from stripped and trimmed programs of every architecture. Undefined where there is none, or
 * where several disagree (C libraries inside have such strings too).
 */
export async function readStampedVersion(file: RandomAccess): Promise<string | undefined> {
  const found = new Set<string>();
  for (const range of await constantsOf(file)) {
    const bytes = await file.read(range.offset, range.sizeBytes);
    // latin1 keeps one character a byte, so that zero bytes can be matched as such.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    for (const match of text.matchAll(STAMP)) found.add(match[0]);
  }
  // Debian stamps the package's version beside the program's own, which it begins with.
  const candidates = [...found];
  return candidates.find((short) => candidates.every((other) => other.startsWith(short)));
}

/** Where the linker puts constants; the Go one names the last. */
const CONSTANT_SECTIONS = [".rodata", ".data.rel.ro", ".data", ".noptrdata"];

async function constantsOf(
  file: RandomAccess,
): Promise<readonly { offset: number; sizeBytes: number }[]> {
  const read = await readHeaders(file);
  if (!read.ok) return [];
  const { sections, segments } = read.value.tables;
  const named = sections.filter((section) => CONSTANT_SECTIONS.includes(section.name));
  // Where even the section names were stripped: everything that is mapped and is not code.
  const data = segments.filter((s) => s.type === ELF.PT_LOAD && (s.flags & ELF.PF_X) === 0);
  const ranges =
    named.length > 0
      ? named
      : data.map((segment) => ({ offset: segment.offset, sizeBytes: segment.fileSizeBytes }));
  return ranges.filter((range) => range.sizeBytes <= MAX_DATA_BYTES);
}
