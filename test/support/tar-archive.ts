/** An entry of a tar archive; directories end in "/", links have `linkTo`. */
export interface TarEntry {
  readonly path: string;
  readonly mode?: number;
  readonly data?: Uint8Array;
  readonly linkTo?: string;
}

/** A ustar archive with root as owner and 1970 as time, so that equal entries give equal bytes. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const data = Buffer.from(entry.data ?? new Uint8Array());
    parts.push(header(entry, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  const isDirectory = entry.path.endsWith("/");
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(entry.path, 0, 100, "latin1");
  block.write(octal(entry.mode ?? (isDirectory ? 0o755 : 0o644), 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(entry.linkTo !== undefined ? "2" : isDirectory ? "5" : "0", 156);
  block.write(entry.linkTo ?? "", 157, 100, "latin1");
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
