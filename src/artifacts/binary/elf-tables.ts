import { err, ok, type Result } from "../../base/mod.ts";
import { ELF } from "./constants.ts";
import type { RandomAccess } from "./random-access.ts";

/** A segment: what of the file is mapped where. */
export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSizeBytes: number;
}

/** A section, by name. */
export interface Section {
  readonly name: string;
  readonly offset: number;
  readonly address: number;
  readonly sizeBytes: number;
}

/** The tables of an ELF file, with the reader for its numbers. */
export interface ElfTables {
  readonly file: RandomAccess;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
}

/** Reads the header and both tables; the error is a sentence part such as `it is cut off: ...`. */
export async function readHeaders(
  file: RandomAccess,
): Promise<Result<{ header: FileHeader; tables: ElfTables }, string>> {
  const ident = await file.read(0, 64);
  if (ident.length < 52 || ELF.MAGIC.some((byte, i) => ident[i] !== byte)) {
    return err("it is not an ELF file");
  }
  const is64 = ident[ELF.EI_CLASS] === ELF.ELFCLASS64;
  const littleEndian = ident[ELF.EI_DATA] === ELF.ELFDATA2LSB;
  if ((!is64 && ident[ELF.EI_CLASS] !== ELF.ELFCLASS32) || (is64 && ident.length < 64)) {
    return err("its ELF header is damaged");
  }
  const header = decodeFileHeader(view(ident), is64, littleEndian);
  const tables = await readTables(file, header, { is64, littleEndian });
  return tables.ok ? ok({ header, tables: tables.value }) : tables;
}

/** The numbers of bytes at hand. */
export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An address-sized number; sizes beyond 2^53 cannot be a file's and read as infinity. */
export function readWord(data: DataView, at: number, elf: Layout): number {
  if (!elf.is64) return data.getUint32(at, elf.littleEndian);
  const wide = data.getBigUint64(at, elf.littleEndian);
  return wide > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(wide);
}

/** How numbers are laid down in a file. */
export interface Layout {
  readonly is64: boolean;
  readonly littleEndian: boolean;
}

/** The numbers at the front of an ELF file. */
export interface FileHeader {
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly segments: Table;
  readonly sections: Table;
  /** Index of the section that holds the names. */
  readonly names: number;
}

interface Table {
  readonly offset: number;
  readonly entryBytes: number;
  readonly count: number;
}

function decodeFileHeader(data: DataView, is64: boolean, littleEndian: boolean): FileHeader {
  const elf = { is64, littleEndian };
  const half = (at: number): number => data.getUint16(at, littleEndian);
  // After e_entry, e_phoff, e_shoff (each a word) and e_flags come six halves.
  const halves = is64 ? 52 : 40;
  return {
    type: half(16),
    machine: half(18),
    entry: readWord(data, 24, elf),
    segments: {
      offset: readWord(data, is64 ? 32 : 28, elf),
      entryBytes: half(halves + 2),
      count: half(halves + 4),
    },
    sections: {
      offset: readWord(data, is64 ? 40 : 32, elf),
      entryBytes: half(halves + 6),
      count: half(halves + 8),
    },
    names: half(halves + 10),
  };
}

async function readTables(
  file: RandomAccess,
  header: FileHeader,
  layout: Layout,
): Promise<Result<ElfTables, string>> {
  const segments: Segment[] = [];
  const segmentBytes = await readTable(file, header.segments, layout.is64 ? 56 : 32);
  if (!segmentBytes.ok) return segmentBytes;
  for (const data of segmentBytes.value) {
    const segment = decodeSegment(data, layout);
    const end = segment.offset + segment.fileSizeBytes;
    if (segment.type === ELF.PT_LOAD && end > file.sizeBytes) return err(cutOff(file, end));
    segments.push(segment);
  }
  const sectionBytes = await readTable(file, header.sections, layout.is64 ? 64 : 40);
  if (!sectionBytes.ok) return sectionBytes;
  const raw = sectionBytes.value.map((data) => decodeSection(data, layout));
  for (const section of raw) {
    const end = section.offset + section.sizeBytes;
    if (section.type !== ELF.SHT_NOBITS && end > file.sizeBytes) return err(cutOff(file, end));
  }
  const names = raw[header.names];
  const strings =
    names === undefined ? new Uint8Array(0) : await file.read(names.offset, names.sizeBytes);
  const sections = raw.map((section) => ({ ...section, name: cString(strings, section.nameAt) }));
  return ok({ file, ...layout, segments, sections });
}

function cutOff(file: RandomAccess, end: number): string {
  return `it is cut off: ${file.sizeBytes} bytes of at least ${end}`;
}

async function readTable(
  file: RandomAccess,
  table: Table,
  leastBytes: number,
): Promise<Result<DataView[], string>> {
  if (table.offset === 0 || table.count === 0) return ok([]);
  if (table.entryBytes < leastBytes) return err("its ELF header is damaged");
  const length = table.count * table.entryBytes;
  if (table.offset + length > file.sizeBytes) return err(cutOff(file, table.offset + length));
  const bytes = await file.read(table.offset, length);
  if (bytes.length < length) return err(cutOff(file, table.offset + length));
  return ok(
    Array.from({ length: table.count }, (_, i) =>
      view(bytes.subarray(i * table.entryBytes, (i + 1) * table.entryBytes)),
    ),
  );
}

function decodeSegment(data: DataView, layout: Layout): Segment {
  const { is64, littleEndian } = layout;
  return {
    type: data.getUint32(0, littleEndian),
    flags: data.getUint32(is64 ? 4 : 24, littleEndian),
    offset: readWord(data, is64 ? 8 : 4, layout),
    address: readWord(data, is64 ? 16 : 8, layout),
    fileSizeBytes: readWord(data, is64 ? 32 : 16, layout),
  };
}

function decodeSection(
  data: DataView,
  layout: Layout,
): Omit<Section, "name"> & { type: number; nameAt: number } {
  const { is64, littleEndian } = layout;
  return {
    nameAt: data.getUint32(0, littleEndian),
    type: data.getUint32(4, littleEndian),
    address: readWord(data, is64 ? 16 : 12, layout),
    offset: readWord(data, is64 ? 24 : 16, layout),
    sizeBytes: readWord(data, is64 ? 32 : 20, layout),
  };
}

/** The NUL-terminated text at a place; empty outside of the bytes. */
export function cString(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "";
  const end = bytes.indexOf(0, at);
  return new TextDecoder().decode(bytes.subarray(at, end === -1 ? bytes.length : end));
}
