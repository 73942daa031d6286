import { ok, type Result } from "../../base/mod.ts";
import { ELF } from "./constants.ts";
import { readDynamic } from "./elf-dynamic.ts";
import { readHeaders } from "./elf-tables.ts";
import { readGoBuildInfo } from "./go-build-info.ts";
import type { RandomAccess } from "./random-access.ts";

/** What an executable says about itself. */
export interface ElfInfo {
  readonly elfClass: 32 | 64;
  readonly endian: "little" | "big";
  readonly machine: number;
  /** False for shared objects without an entry, core files and the like. */
  readonly executable: boolean;
  /** The dynamic loader, e.g. /lib64/ld-linux-x86-64.so.2; absent in static executables. */
  readonly interpreter?: string;
  /** Shared libraries that the loader has to find. */
  readonly needed: readonly string[];
  /** The newest glibc symbol version that is asked for, e.g. `2.34`; absent where none is. */
  readonly glibc?: string;
  /** Text of the module information that the Go linker leaves; absent in other programs. */
  readonly goModInfo?: string;
}

/**
 * Reads an ELF file's header, tables, libraries and Go build information. The error is a
 * sentence part such as `it is cut off: ...`. Reads a few kilobytes, never the whole file.
 */
export async function readElf(file: RandomAccess): Promise<Result<ElfInfo, string>> {
  const read = await readHeaders(file);
  if (!read.ok) return read;
  const { header, tables } = read.value;
  const dynamic = await readDynamic(tables);
  const goModInfo = await readGoBuildInfo(tables);
  return ok({
    elfClass: tables.is64 ? 64 : 32,
    endian: tables.littleEndian ? "little" : "big",
    machine: header.machine,
    executable: header.type === ELF.ET_EXEC || (header.type === ELF.ET_DYN && header.entry !== 0),
    needed: dynamic.needed,
    ...(dynamic.interpreter === undefined ? {} : { interpreter: dynamic.interpreter }),
    ...(dynamic.glibc === undefined ? {} : { glibc: dynamic.glibc }),
    ...(goModInfo === undefined ? {} : { goModInfo }),
  });
}
