/** One entry of an archive; all are owned by root, with a fixed time. */
export type TarEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode?: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly content: Uint8Array;
      readonly mode?: number;
    }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

/** A file whose bytes follow its header from somewhere else. */
export interface TarFileHeader {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mode: number;
}

const BLOCK = 512;
/** Fields of a POSIX ustar header: offset and length (IEEE Std 1003.1, pax, "ustar Interchange Format"). */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 8],
} as const;

/**
 * An uncompressed ustar archive that depends on nothing but its entries: the same entries give
 * the same bytes. Paths and link targets of at most 100 bytes; longer ones throw RangeError.
 */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (entry.kind !== "file") continue;
    parts.push(entry.content, tarPadding(entry.content.length));
  }
  parts.push(tarEnd());
  return Buffer.concat(parts);
}

/** What stands before a file's bytes. */
export function tarFileHeader({ path, sizeBytes, mode }: TarFileHeader): Uint8Array {
  return headerBlock({ type: "0", path, mode, sizeBytes, target: "" });
}

/** What stands behind so many bytes of a file. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (sizeBytes % BLOCK)) % BLOCK);
}

/** What an archive ends with. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK);
}

function header(entry: TarEntry): Uint8Array {
  return headerBlock({
    type: { directory: "5", file: "0", symlink: "2" }[entry.kind],
    path: entry.kind === "directory" ? `${entry.path}/` : entry.path,
    mode: modeOf(entry),
    sizeBytes: entry.kind === "file" ? entry.content.length : 0,
    target: entry.kind === "symlink" ? entry.target : "",
  });
}

interface Header extends TarFileHeader {
  readonly type: string;
  readonly target: string;
}

function headerBlock({ type, path, mode, sizeBytes, target }: Header): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (field: keyof typeof FIELD, text: string): void => {
    const [offset, length] = FIELD[field];
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > length) throw new RangeError(`Too long for a tar header: "${text}"`);
    block.set(bytes, offset);
  };
  const octal = (field: keyof typeof FIELD, value: number): void =>
    put(field, `${value.toString(8).padStart(FIELD[field][1] - 1, "0")}\0`);
  put("name", path);
  octal("mode", mode);
  octal("uid", 0);
  octal("gid", 0);
  octal("size", sizeBytes);
  octal("mtime", 0);
  put("type", type);
  put("link", target);
  put("magic", "ustar\x0000");
  // The sum of the header's bytes, the field itself counted as blanks.
  put("checksum", " ".repeat(FIELD.checksum[1]));
  const sum = block.reduce((total, byte) => total + byte, 0);
  put("checksum", `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function modeOf(entry: TarEntry): number {
  if (entry.kind === "symlink") return 0o777;
  return entry.mode ?? 0o755;
}
