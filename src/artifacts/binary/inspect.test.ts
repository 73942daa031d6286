import { describe, expect, test } from "bun:test";
import { ARCHES, type Arch, isArch, nameOfElf } from "../arch.ts";
import { type ElfFileOptions, elfFile } from "../testing/mod.ts";
import { inspect } from "./inspect.ts";
import { accessBytes } from "./random-access.ts";
import { readStampedVersion } from "./stamped-version.ts";

const DYNAMIC: Omit<ElfFileOptions, "arch"> = {
  interpreter: "/lib64/ld.so",
  needed: ["libseccomp.so.2", "libc.so.6"],
  versions: ["GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.4"],
  modInfo: "path\texample.com/runc\nmod\texample.com/runc\tv1.3.0\t\n",
  rodata: "other\0v1.3.0-rc.1\0text",
};

async function elfOf(bytes: Uint8Array) {
  const found = await inspect(accessBytes(bytes));
  if (found.kind !== "elf") throw new Error(`not an ELF file: ${JSON.stringify(found)}`);
  return found.elf;
}

describe("inspect() reads executables of every architecture", () => {
  const seen = new Set<string>();
  for (const arch of Object.keys(ARCHES).filter(isArch)) {
    for (const pointed of [false, true]) {
      test(`${arch}, module information ${pointed ? "pointed to" : "inline"}`, async () => {
        seen.add(arch);
        const elf = await elfOf(elfFile({ arch, ...DYNAMIC, pointed }));
        expect(nameOfElf(elf.machine, elf.elfClass, elf.endian)).toBe(arch);
        expect(elf).toMatchObject({
          executable: true,
          interpreter: "/lib64/ld.so",
          needed: ["libseccomp.so.2", "libc.so.6"],
          glibc: "2.34",
          goModInfo: DYNAMIC.modInfo ?? "",
        });
      });
    }
  }
  test("all of them were tried", () => expect(seen.size).toBe(Object.keys(ARCHES).length));

  test("a static one has no interpreter, library or glibc version", async () => {
    const elf = await elfOf(elfFile({ arch: "amd64" }));
    expect(elf.needed).toEqual([]);
    expect([elf.interpreter, elf.glibc, elf.goModInfo]).toEqual([undefined, undefined, undefined]);
  });

  test("module information is found without section headers", async () => {
    const elf = await elfOf(elfFile({ arch: "arm64", ...DYNAMIC, sections: false }));
    expect(elf.goModInfo).toBe(DYNAMIC.modInfo ?? "");
  });

  test("a shared object without an entry is no executable", async () => {
    const bytes = elfFile({ arch: "amd64", type: 3 });
    new DataView(bytes.buffer).setBigUint64(24, 0n, true);
    expect((await elfOf(bytes)).executable).toBe(false);
  });
});

describe("inspect() tells what else a file can be", () => {
  const whole = elfFile({ arch: "amd64", ...DYNAMIC });
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  const rows: { name: string; bytes: Uint8Array; want: object }[] = [
    { name: "empty", bytes: text(""), want: { kind: "empty" } },
    {
      name: "a script",
      bytes: text("#!/bin/sh -e\n"),
      want: { kind: "script", interpreter: "/bin/sh" },
    },
    { name: "gzip", bytes: new Uint8Array([0x1f, 0x8b, 8, 0]), want: { kind: "gzip" } },
    { name: "an HTML page", bytes: text("\n<!DOCTYPE html><html>"), want: { kind: "html" } },
    { name: "an XML error", bytes: text('<?xml version="1.0"?><Error>'), want: { kind: "html" } },
    { name: "text", bytes: text("Not Found\n"), want: { kind: "unknown" } },
    {
      name: "an executable without its last byte",
      bytes: whole.subarray(0, whole.length - 1),
      want: { kind: "damaged", why: expect.stringContaining("cut off") },
    },
    {
      name: "an executable without section headers, cut off in its data",
      bytes: elfFile({ arch: "arm64", filler: "x".repeat(99), sections: false }).slice(0, -1),
      want: { kind: "damaged", why: expect.stringContaining("cut off") },
    },
    {
      name: "only the magic",
      bytes: whole.subarray(0, 20),
      want: { kind: "damaged", why: "it is not an ELF file" },
    },
    {
      name: "a class that does not exist",
      bytes: whole.map((byte, i) => (i === 4 ? 9 : byte)),
      want: { kind: "damaged", why: "its ELF header is damaged" },
    },
  ];
  test.each(rows)("$name", async ({ bytes, want }) => {
    expect(await inspect(accessBytes(bytes))).toEqual(want as never);
  });

  test("damage anywhere in the file never throws", async () => {
    const kinds = new Set<string>();
    for (let at = 0; at < Math.min(whole.length, 1200); at++) {
      for (const value of [0x00, 0xff]) {
        const bytes = whole.map((byte, i) => (i === at ? value : byte));
        kinds.add((await inspect(accessBytes(bytes))).kind);
      }
    }
    expect([...kinds].sort()).toEqual(["damaged", "elf", "unknown"]);
  });
});

describe("readStampedVersion()", () => {
  const rows: { name: string; rodata: string; want: string | undefined; arch?: Arch }[] = [
    { name: "a version alone", rodata: "a\0v1.36.0\0b", want: "v1.36.0" },
    { name: "a pre-release", rodata: "\x001.3.0-rc.1\0", want: "1.3.0-rc.1", arch: "s390x" },
    {
      name: "the program's version and the package's",
      rodata: "1.1.5+ds1-1+deb12u1\0\x001.1.5+ds1\0",
      want: "1.1.5+ds1",
    },
    { name: "the same twice", rodata: "v1.2.3\0v1.2.3\0", want: "v1.2.3" },
    { name: "two that disagree", rodata: "1.2.3\0\x002.5.5\0", want: undefined },
    { name: "inside other text", rodata: "v1.2.3 of it\0go1.24.2\0", want: undefined },
    { name: "an address", rodata: "127.0.0.1\0", want: undefined },
    { name: "none", rodata: "text", want: undefined },
  ];
  test.each(rows)("$name", async ({ rodata, want, arch }) => {
    const file = accessBytes(elfFile({ arch: arch ?? "amd64", rodata }));
    expect(await readStampedVersion(file)).toBe(want);
  });
});
