import { ELF } from "./constants.ts";
import { type ElfTables, readWord, view } from "./elf-tables.ts";

/** 0xff and then this text. */
const MAGIC = new TextEncoder().encode(" Go buildinf:");
const HEADER_BYTES = 32;
const FLAG_BIG_ENDIAN = 1;
const FLAG_INLINE_STRINGS = 2;
/** The linker frames the module text with 16 bytes on both sides, so that tools can find it. */
const FRAME_BYTES = 16;
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Without section names the header is looked for at the start of the writable data, as debug/buildinfo does. */
const SCAN_BYTES = 1024 * 1024;

/**
 * The module information of a Go program, as `go version -m` prints it (format: package
 * debug/buildinfo): lines `path`, `mod`, `dep`, `build`, fields separated by tabs. Undefined
 * for programs that have none. Works for every architecture: nothing is run.
 */
export async function readGoBuildInfo(elf: ElfTables): Promise<string | undefined> {
  const place = await findHeader(elf);
  if (place === undefined) return undefined;
  const header = await elf.file.read(place, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return undefined;
  const flags = header[15] ?? 0;
  const framed =
    flags & FLAG_INLINE_STRINGS
      ? await readInline(elf, place + HEADER_BYTES)
      : await readPointed(elf, header, (flags & FLAG_BIG_ENDIAN) !== 0);
  if (framed === undefined || framed.length < 2 * FRAME_BYTES) return undefined;
  return new TextDecoder().decode(framed.subarray(FRAME_BYTES, framed.length - FRAME_BYTES));
}

async function findHeader(elf: ElfTables): Promise<number | undefined> {
  const section = elf.sections.find((candidate) => candidate.name === ".go.buildinfo");
  if (section !== undefined) {
    return hasMagic(await elf.file.read(section.offset, HEADER_BYTES), 0)
      ? section.offset
      : undefined;
  }
  const data = elf.segments.find((s) => s.type === ELF.PT_LOAD && (s.flags & ELF.PF_W) !== 0);
  if (data === undefined) return undefined;
  const bytes = await elf.file.read(data.offset, Math.min(data.fileSizeBytes, SCAN_BYTES));
  for (let at = 0; at + HEADER_BYTES <= bytes.length; at += 16) {
    if (hasMagic(bytes, at)) return data.offset + at;
  }
  return undefined;
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xff && MAGIC.every((byte, i) => bytes[at + 1 + i] === byte);
}

/** Since Go 1.18: two strings after the header, each with its length as a varint in front. */
async function readInline(elf: ElfTables, at: number): Promise<Uint8Array | undefined> {
  const version = await readVarint(elf, at);
  if (version === undefined) return undefined;
  const text = await readVarint(elf, version.end + version.value);
  if (text === undefined || text.value > MAX_TEXT_BYTES) return undefined;
  return elf.file.read(text.end, text.value);
}

async function readVarint(
  elf: ElfTables,
  at: number,
): Promise<{ value: number; end: number } | undefined> {
  const bytes = await elf.file.read(at, 5);
  let value = 0;
  for (const [i, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}

/** Before Go 1.18: pointers to Go string headers (address, length). */
async function readPointed(
  elf: ElfTables,
  header: Uint8Array,
  bigEndian: boolean,
): Promise<Uint8Array | undefined> {
  const wordBytes = header[14] ?? 0;
  if (wordBytes !== 4 && wordBytes !== 8) return undefined;
  const layout = { is64: wordBytes === 8, littleEndian: !bigEndian };
  const stringHeader = fileOffset(elf, readWord(view(header), 16 + wordBytes, layout));
  if (stringHeader === undefined) return undefined;
  const words = await elf.file.read(stringHeader, 2 * wordBytes);
  if (words.length < 2 * wordBytes) return undefined;
  const text = fileOffset(elf, readWord(view(words), 0, layout));
  const length = readWord(view(words), wordBytes, layout);
  if (text === undefined || length > MAX_TEXT_BYTES) return undefined;
  return elf.file.read(text, length);
}

function fileOffset(elf: ElfTables, address: number): number | undefined {
  const segment = elf.segments.find(
    (s) => s.type === ELF.PT_LOAD && s.address <= address && address < s.address + s.fileSizeBytes,
  );
  return segment === undefined ? undefined : segment.offset + (address - segment.address);
}
