import { openUserFile } from "../../sys/mod.ts";
import { type ElfInfo, readElf } from "./elf.ts";
import { accessFile, type RandomAccess } from "./random-access.ts";

/** What a file turned out to be. */
export type FileKind =
  | { readonly kind: "elf"; readonly elf: ElfInfo }
  /** An ELF file that cannot be run as it is; `why` is a sentence part. */
  | { readonly kind: "damaged"; readonly why: string }
  | { readonly kind: "script"; readonly interpreter: string }
  | { readonly kind: "empty" }
  | { readonly kind: "gzip" }
  | { readonly kind: "html" }
  | { readonly kind: "unknown" };

/** Looks at a regular file's first bytes and, for executables, its tables. */
export async function inspectFile(path: string): Promise<FileKind> {
  await using handle = await openUserFile(path);
  // Awaited here: the handle is closed when this function returns.
  return await inspect(await accessFile(handle));
}

/** The same of bytes that are read by place. */
export async function inspect(file: RandomAccess): Promise<FileKind> {
  const head = await file.read(0, 512);
  if (head.length === 0) return { kind: "empty" };
  if (head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46) {
    const elf = await readElf(file);
    return elf.ok ? { kind: "elf", elf: elf.value } : { kind: "damaged", why: elf.error };
  }
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: "gzip" };
  const text = new TextDecoder().decode(head).trimStart();
  const shebang = /^#!\s*(\S+)/.exec(text);
  if (shebang !== null) return { kind: "script", interpreter: shebang[1] ?? "" };
  if (/^(?:<!doctype html|<html|<\?xml)/i.test(text)) return { kind: "html" };
  return { kind: "unknown" };
}

/** What a file is, as a sentence part: `an HTML page`. */
export function describeKind(kind: FileKind): string {
  switch (kind.kind) {
    case "elf":
      return "an executable";
    case "damaged":
      return `a damaged executable (${kind.why})`;
    case "script":
      return "a script";
    case "empty":
      return "an empty file";
    case "gzip":
      return "a gzip archive";
    case "html":
      return "an HTML or XML page";
    case "unknown":
      return "neither an executable nor an archive";
  }
}
