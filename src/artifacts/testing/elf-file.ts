import { ARCHES, type Arch } from "../arch.ts";
import { ELF } from "../binary/constants.ts";

/** What a made-up executable should say of itself. */
export interface ElfFileOptions {
  readonly arch: Arch;
  /** ET_EXEC where absent. */
  readonly type?: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  /** Needed symbol versions of libc.so.6, e.g. GLIBC_2.34. */
  readonly versions?: readonly string[];
  /** Go module information; `pointed` lays it down as before Go 1.18. */
  readonly modInfo?: string;
  readonly pointed?: boolean;
  /** Text of .rodata. */
  readonly rodata?: string;
  /** False: without section headers, as after a thorough strip. */
  readonly sections?: boolean;
  /** Bytes appended to a last section: makes two files of one kind differ. */
  readonly filler?: string;
}

const BASE = 0x10000;
const text = new TextEncoder();

/**
 * An ELF file with the tables that readElf looks at, and nothing that could run: one loaded
 * segment over everything, a dynamic segment, sections. For tests alone.
 */
export function elfFile(options: ElfFileOptions): Uint8Array {
  const facts = ARCHES[options.arch];
  const out = new Writer(facts.elfClass === 64, facts.elfEndian === "little");
  const headerBytes = out.is64 ? 64 : 52;
  const segmentCount = 3;
  out.skip(headerBytes + segmentCount * (out.is64 ? 56 : 32));
  const interp = out.append(".interp", `${options.interpreter ?? ""}\0`);
  const dynamic = appendDynamic(out, options);
  out.append(".rodata", `\0${options.rodata ?? ""}\0`);
  if (options.modInfo !== undefined)
    appendBuildInfo(out, options.modInfo, options.pointed ?? false);
  out.append(".filler", options.filler ?? "x");
  const loadedBytes = out.length;
  const sections = options.sections === false ? undefined : out.appendSections();
  out.header(headerBytes, {
    machine: facts.elfMachine,
    type: options.type ?? ELF.ET_EXEC,
    segmentCount,
    sections,
  });
  out.segments(headerBytes, [
    { type: ELF.PT_LOAD, offset: 0, size: loadedBytes },
    { type: options.interpreter === undefined ? 0 : ELF.PT_INTERP, ...interp },
    { type: options.needed === undefined ? 0 : ELF.PT_DYNAMIC, ...dynamic },
  ]);
  return out.bytes();
}

interface Range {
  readonly offset: number;
  readonly size: number;
}

function appendDynamic(out: Writer, options: ElfFileOptions): Range {
  const strings = ["", "libc.so.6", ...(options.needed ?? []), ...(options.versions ?? [])];
  const table = `${strings.join("\0")}\0`;
  const at = (word: string): number => (word === "" ? 0 : table.indexOf(`\0${word}\0`) + 1);
  const names = out.append(".dynstr", table);
  const versions = options.versions ?? [];
  const need = out.append(".gnu.version_r", (w) => {
    w.half(1).half(versions.length).word32(at("libc.so.6")).word32(16).word32(0);
    for (const [i, version] of versions.entries()) {
      w.word32(0)
        .half(0)
        .half(2)
        .word32(at(version))
        .word32(i === versions.length - 1 ? 0 : 16);
    }
  });
  return out.append(".dynamic", (w) => {
    for (const name of options.needed ?? []) w.word(ELF.DT_NEEDED).word(at(name));
    w.word(ELF.DT_STRTAB).word(BASE + names.offset);
    w.word(ELF.DT_STRSZ).word(names.size);
    w.word(ELF.DT_VERNEED).word(BASE + need.offset);
    w.word(ELF.DT_VERNEEDNUM).word(versions.length === 0 ? 0 : 1);
    w.word(ELF.DT_NULL).word(0);
  });
}

function appendBuildInfo(out: Writer, modInfo: string, pointed: boolean): void {
  const framed = `${"<".repeat(16)}${modInfo}${">".repeat(16)}`;
  const magic = (w: Writer, flags: number): void => {
    w.raw([0xff])
      .ascii(" Go buildinf:")
      .raw([w.is64 ? 8 : 4, flags]);
  };
  if (!pointed) {
    out.append(".go.buildinfo", (w) => {
      magic(w, 2);
      w.raw(new Array(16).fill(0)).varint(8).ascii("go1.24.2").varint(framed.length).ascii(framed);
    });
    return;
  }
  const version = out.append(".text.v", "go1.17");
  const body = out.append(".text.m", framed);
  const headers = out.append(".data.h", (w) => {
    w.word(BASE + version.offset)
      .word(version.size)
      .word(BASE + body.offset)
      .word(body.size);
  });
  out.append(".go.buildinfo", (w) => {
    magic(w, w.littleEndian ? 0 : 1);
    const step = w.is64 ? 16 : 8;
    w.word(BASE + headers.offset)
      .word(BASE + headers.offset + step)
      .raw(new Array(16).fill(0));
  });
}

/** Bytes with a growing end, in one byte order and class. */
class Writer {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  #data = new DataView(new ArrayBuffer(1 << 16));
  #length = 0;
  readonly #sections: (Range & { readonly name: string })[] = [];

  constructor(is64: boolean, littleEndian: boolean) {
    this.is64 = is64;
    this.littleEndian = littleEndian;
  }

  get length(): number {
    return this.#length;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#data.buffer.slice(0, this.#length));
  }

  skip(length: number): this {
    this.#length += length;
    return this;
  }

  raw(bytes: readonly number[] | Uint8Array): this {
    const needed = this.#length + bytes.length;
    if (needed > this.#data.byteLength) {
      const larger = new Uint8Array(2 * needed);
      larger.set(new Uint8Array(this.#data.buffer));
      this.#data = new DataView(larger.buffer);
    }
    new Uint8Array(this.#data.buffer).set(bytes, this.#length);
    return this.skip(bytes.length);
  }

  ascii(words: string): this {
    return this.raw(text.encode(words));
  }

  varint(value: number): this {
    const bytes: number[] = [];
    for (let rest = value; ; rest >>= 7) {
      bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      if (rest <= 0x7f) return this.raw(bytes);
    }
  }

  half(value: number): this {
    this.raw([0, 0]);
    this.#data.setUint16(this.#length - 2, value, this.littleEndian);
    return this;
  }

  word32(value: number): this {
    this.raw([0, 0, 0, 0]);
    this.#data.setUint32(this.#length - 4, value, this.littleEndian);
    return this;
  }

  /** A number as wide as an address. */
  word(value: number): this {
    if (!this.is64) return this.word32(value);
    this.raw(new Array(8).fill(0));
    this.#data.setBigUint64(this.#length - 8, BigInt(value), this.littleEndian);
    return this;
  }

  /** A section of its own, aligned; gives its place. */
  append(name: string, content: string | ((w: this) => void)): Range {
    this.#length = Math.ceil(this.#length / 16) * 16;
    const offset = this.#length;
    if (typeof content === "string") this.ascii(content);
    else content(this);
    const range = { name, offset, size: this.#length - offset };
    this.#sections.push(range);
    return range;
  }

  /** The section headers, their names last; gives offset and count. */
  appendSections(): { offset: number; count: number } {
    const all = [...this.#sections, { name: ".shstrtab", offset: 0, size: 0 }];
    const names = `\0${all.map((section) => section.name).join("\0")}\0`;
    const place = this.append(".shstrtab", names);
    this.#length = Math.ceil(this.#length / 16) * 16;
    const offset = this.#length;
    for (const section of this.#sections) {
      const range = section.name === ".shstrtab" ? place : section;
      this.word32(names.indexOf(`\0${section.name}\0`) + 1).word32(1);
      this.word(2)
        .word(BASE + range.offset)
        .word(range.offset)
        .word(range.size);
      this.word32(0).word32(0).word(1).word(0);
    }
    return { offset, count: this.#sections.length };
  }

  header(
    headerBytes: number,
    about: {
      machine: number;
      type: number;
      segmentCount: number;
      sections: { offset: number; count: number } | undefined;
    },
  ): void {
    const end = this.#length;
    this.#length = 0;
    const { sections } = about;
    this.raw(ELF.MAGIC).raw([this.is64 ? 2 : 1, this.littleEndian ? 1 : 2, 1]);
    this.raw(new Array(9).fill(0));
    this.half(about.type).half(about.machine).word32(1).word(BASE);
    this.word(headerBytes)
      .word(sections?.offset ?? 0)
      .word32(0)
      .half(headerBytes);
    this.half(this.is64 ? 56 : 32).half(about.segmentCount);
    this.half(this.is64 ? 64 : 40)
      .half(sections?.count ?? 0)
      .half((sections?.count ?? 1) - 1);
    this.#length = end;
  }

  segments(at: number, segments: readonly (Range & { readonly type: number })[]): void {
    const end = this.#length;
    this.#length = at;
    for (const { type, offset, size } of segments) {
      this.word32(type);
      if (this.is64) this.word32(ELF.PF_W);
      this.word(offset)
        .word(BASE + offset)
        .word(BASE + offset)
        .word(size)
        .word(size);
      if (!this.is64) this.word32(ELF.PF_W);
      this.word(1);
    }
    this.#length = end;
  }
}
