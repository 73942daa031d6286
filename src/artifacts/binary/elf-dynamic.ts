import { compareDotted } from "../../base/mod.ts";
import { ELF } from "./constants.ts";
import { cString, type ElfTables, readWord, view } from "./elf-tables.ts";

/** What the dynamic loader will ask for. */
export interface DynamicInfo {
  readonly interpreter?: string;
  readonly needed: readonly string[];
  /** Newest `GLIBC_x.y` among the needed versions, without the prefix. */
  readonly glibc?: string;
}

/** Longer tables than this are damage; programs that load plugins export tens of megabytes of names. */
const MAX_TABLE_BYTES = 64 * 1024 * 1024;

/** Reads interpreter, needed libraries and needed symbol versions; nothing of it in a static executable. */
export async function readDynamic(elf: ElfTables): Promise<DynamicInfo> {
  const interp = elf.segments.find((segment) => segment.type === ELF.PT_INTERP);
  const interpreter =
    interp === undefined || interp.fileSizeBytes > 4096
      ? undefined
      : cString(await elf.file.read(interp.offset, interp.fileSizeBytes), 0);
  const entries = await readEntries(elf);
  const first = (tag: number): number | undefined => entries.find((e) => e.tag === tag)?.value;
  const strings = await readAt(elf, first(ELF.DT_STRTAB), first(ELF.DT_STRSZ) ?? 0);
  const needed = entries
    .filter((entry) => entry.tag === ELF.DT_NEEDED)
    .map((entry) => cString(strings, entry.value))
    .filter((name) => name !== "");
  const versions = await readNeededVersions(elf, {
    address: first(ELF.DT_VERNEED),
    count: first(ELF.DT_VERNEEDNUM) ?? 0,
    strings,
  });
  const glibc = newestGlibc(versions);
  return {
    needed,
    ...(interpreter === undefined ? {} : { interpreter }),
    ...(glibc === undefined ? {} : { glibc }),
  };
}

async function readEntries(elf: ElfTables): Promise<{ tag: number; value: number }[]> {
  const dynamic = elf.segments.find((segment) => segment.type === ELF.PT_DYNAMIC);
  if (dynamic === undefined || dynamic.fileSizeBytes > MAX_TABLE_BYTES) return [];
  const bytes = await elf.file.read(dynamic.offset, dynamic.fileSizeBytes);
  const data = view(bytes);
  const wordBytes = elf.is64 ? 8 : 4;
  const entries = [];
  for (let at = 0; at + 2 * wordBytes <= bytes.length; at += 2 * wordBytes) {
    const tag = readWord(data, at, elf);
    if (tag === ELF.DT_NULL) break;
    entries.push({ tag, value: readWord(data, at + wordBytes, elf) });
  }
  return entries;
}

/** The bytes of the file that are mapped at an address; empty where none are. */
async function readAt(
  elf: ElfTables,
  address: number | undefined,
  length: number,
): Promise<Uint8Array> {
  if (address === undefined || length > MAX_TABLE_BYTES) return new Uint8Array(0);
  const segment = elf.segments.find(
    (s) => s.type === ELF.PT_LOAD && s.address <= address && address < s.address + s.fileSizeBytes,
  );
  if (segment === undefined) return new Uint8Array(0);
  return elf.file.read(segment.offset + (address - segment.address), length);
}

/** Elf_Verneed and Elf_Vernaux: two chained lists of 16-byte records, alike in both classes. */
async function readNeededVersions(
  elf: ElfTables,
  table: { address: number | undefined; count: number; strings: Uint8Array },
): Promise<string[]> {
  const bytes = await readAt(elf, table.address, 64 * 1024);
  const data = view(bytes);
  const names: string[] = [];
  let at = 0;
  for (let i = 0; i < table.count && at + 16 <= bytes.length; i++) {
    let aux = at + data.getUint32(at + 8, elf.littleEndian);
    const auxCount = data.getUint16(at + 2, elf.littleEndian);
    for (let j = 0; j < auxCount && aux + 16 <= bytes.length; j++) {
      names.push(cString(table.strings, data.getUint32(aux + 8, elf.littleEndian)));
      const next = data.getUint32(aux + 12, elf.littleEndian);
      if (next === 0) break;
      aux += next;
    }
    const next = data.getUint32(at + 12, elf.littleEndian);
    if (next === 0) break;
    at += next;
  }
  return names;
}

function newestGlibc(versions: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const version of versions) {
    const number = /^GLIBC_(\d+(?:\.\d+)+)$/.exec(version)?.[1];
    if (number !== undefined && (best === undefined || compareDotted(number, best) > 0)) {
      best = number;
    }
  }
  return best;
}
