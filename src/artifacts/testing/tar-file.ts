/** A member of a made-up archive. */
export interface TarFileMember {
  readonly name: string;
  /** The type flag of ustar; "0" where absent. */
  readonly type?: string;
  readonly content?: Uint8Array | string;
  readonly linkName?: string;
  /** The front part of the name, in its own ustar field. */
  readonly prefix?: string;
  /** Written into the size field instead of the content's own size. */
  readonly sizeField?: Uint8Array | string;
  readonly brokenChecksum?: boolean;
  /** "ustar\0" + "00" where absent. */
  readonly magic?: string;
}

const text = new TextEncoder();
const BLOCK = 512;

function bytesOf(content: Uint8Array | string | undefined): Uint8Array {
  return typeof content === "string" ? text.encode(content) : (content ?? new Uint8Array(0));
}

/** A tar archive; for tests alone. */
export function tarFile(
  members: readonly TarFileMember[],
  options: { end?: boolean } = {},
): Uint8Array {
  const blocks = members.flatMap((member) => {
    const content = bytesOf(member.content);
    const padded = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
    padded.set(content);
    return [headerBlock(member, content.length), padded];
  });
  if (options.end !== false) blocks.push(new Uint8Array(2 * BLOCK));
  return new Uint8Array(Buffer.concat(blocks));
}

function headerBlock(member: TarFileMember, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, content: Uint8Array | string): void => block.set(bytesOf(content), at);
  put(0, member.name);
  put(100, "0000755\0");
  put(124, member.sizeField ?? `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, member.type ?? "0");
  put(157, member.linkName ?? "");
  put(257, member.magic ?? "ustar\x0000");
  put(345, member.prefix ?? "");
  const sum = block.reduce((total, byte) => total + byte, member.brokenChecksum ? 1 : 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A pax extended header's content: one record a pair. */
export function paxRecords(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      let length = rest.length;
      while (String(length).length + rest.length !== length) {
        length = String(length).length + rest.length;
      }
      return `${length}${rest}`;
    })
    .join("");
}
