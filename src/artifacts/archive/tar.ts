import { ArtifactError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";

/** What a member of an archive is; everything that is not a regular file is only named. */
export type TarMemberKind =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "sparse"
  | "device"
  | "other";

/** A member of a tar archive. `body` must be read (or left) before the next member is asked for. */
export interface TarMember {
  /** As in the archive, without a leading "./"; never absolute, never with "..". */
  readonly name: string;
  readonly kind: TarMemberKind;
  readonly sizeBytes: number;
  /** Where a link points; empty otherwise. */
  readonly linkName: string;
  readonly body: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Extended headers are names and numbers: more than this is an attack or damage. */
const MAX_HEADER_BYTES = 1024 * 1024;
const MAX_MEMBERS = 200_000;

const KINDS: Readonly<Record<string, TarMemberKind>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "device",
  "4": "device",
  "5": "directory",
  "6": "device",
  S: "sparse",
};

/** Numbers and names that a header in front of a member changes. */
interface Overrides {
  path?: string;
  linkpath?: string;
  size?: number;
  sparse?: boolean;
}

/**
 * The members of a tar stream: ustar with pax and GNU long names (POSIX.1-2017 pax, "ustar
 * Interchange Format"; tar(5)). Rejects with kind `archive` on damage and on names that lead
 * out of the archive.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  label: string,
): AsyncGenerator<TarMember, void, undefined> {
  const reader = new ByteReader(chunks);
  const global: Overrides = {};
  let local: Overrides = {};
  try {
    for (let count = 0; ; count++) {
      if (count > MAX_MEMBERS) throw damaged(label, `more than ${MAX_MEMBERS} members`);
      const block = await reader.read(BLOCK);
      if (block.length === 0 && count > 0) return;
      if (block.length < BLOCK) throw damaged(label, "it ends inside a header");
      if (block.every((byte) => byte === 0)) {
        await reader.drain();
        return;
      }
      const header = decodeHeader(block, label);
      if ("xgLK".includes(header.type)) {
        local = await readExtension(reader, header, { global, local, label });
        continue;
      }
      const member = { ...header, ...pick(global), ...pick(local) };
      const sparse = global.sparse === true || local.sparse === true;
      local = {};
      let taken = 0;
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for await (const part of reader.take(member.sizeBytes - taken)) {
          taken += part.length;
          yield part;
        }
        if (taken < member.sizeBytes) throw damaged(label, `it ends inside "${member.name}"`);
      };
      yield {
        name: safeName(member.name, label),
        kind: sparse ? "sparse" : (KINDS[header.type] ?? "other"),
        sizeBytes: member.sizeBytes,
        linkName: member.linkName,
        body: { [Symbol.asyncIterator]: body },
      };
      const padded = Math.ceil(member.sizeBytes / BLOCK) * BLOCK;
      if (!(await reader.skip(padded - taken))) {
        throw damaged(label, `it ends inside "${member.name}"`);
      }
    }
  } finally {
    await reader.close();
  }
}

function damaged(label: string, what: string): ArtifactError {
  return new ArtifactError("archive", `Cannot read the archive "${label}": ${what}`, {
    fix: "Fetch the archive again and compare its checksum with the publisher's",
  });
}

function pick(overrides: Overrides): { name?: string; linkName?: string; sizeBytes?: number } {
  return {
    ...(overrides.path === undefined ? {} : { name: overrides.path }),
    ...(overrides.linkpath === undefined ? {} : { linkName: overrides.linkpath }),
    ...(overrides.size === undefined ? {} : { sizeBytes: overrides.size }),
  };
}

interface Header {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly linkName: string;
}

const text = new TextDecoder();

function field(block: Uint8Array, start: number, length: number): string {
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return text.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function decodeHeader(block: Uint8Array, label: string): Header {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (block[i] ?? 0);
  if (Number.parseInt(field(block, 148, 8).trim(), 8) !== sum) {
    throw damaged(label, "the checksum of a header is wrong");
  }
  const ustar = field(block, 257, 5) === "ustar";
  const gnu = field(block, 257, 8).startsWith("ustar  ");
  // GNU's own headers keep times where ustar keeps the front of the name.
  const prefix = ustar && !gnu ? field(block, 345, 155) : "";
  const name = field(block, 0, 100);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    sizeBytes: decodeSize(block.subarray(124, 136), label),
    linkName: field(block, 157, 100),
  };
}

/** Octal digits, or a big-endian number where the first bit is set (GNU, for 8 GiB and more). */
function decodeSize(bytes: Uint8Array, label: string): number {
  const first = bytes[0] ?? 0;
  let size = 0;
  if (first & 0x80) {
    size = first & 0x7f;
    for (const byte of bytes.subarray(1)) size = size * 256 + byte;
  } else {
    const digits = text
      .decode(bytes)
      .replace(/[\0 ]+$/, "")
      .trim();
    size = digits === "" ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  if (!Number.isSafeInteger(size)) throw damaged(label, "the size of a member is not a number");
  return size;
}

async function readExtension(
  reader: ByteReader,
  header: Header,
  state: { global: Overrides; local: Overrides; label: string },
): Promise<Overrides> {
  const { global, local, label } = state;
  if (header.sizeBytes > MAX_HEADER_BYTES) throw damaged(label, "an extended header is too large");
  const bytes = await reader.read(header.sizeBytes);
  const padding = (BLOCK - (header.sizeBytes % BLOCK)) % BLOCK;
  if (bytes.length < header.sizeBytes || !(await reader.skip(padding))) {
    throw damaged(label, "it ends inside a header");
  }
  if (header.type === "L") return { ...local, path: field(bytes, 0, bytes.length) };
  if (header.type === "K") return { ...local, linkpath: field(bytes, 0, bytes.length) };
  const records = decodePax(bytes, label);
  if (header.type === "x") return { ...local, ...records };
  Object.assign(global, records);
  return local;
}

/** pax records: "LENGTH KEY=VALUE\n", LENGTH counting the whole record. */
function decodePax(bytes: Uint8Array, label: string): Overrides {
  const out: Overrides = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(text.decode(bytes.subarray(at, space === -1 ? at : space)));
    const end = at + length;
    if (!Number.isInteger(length) || space === -1 || end <= space || end > bytes.length) {
      throw damaged(label, "a pax record is malformed");
    }
    const record = text.decode(bytes.subarray(space + 1, end - 1));
    const equals = record.indexOf("=");
    const value = record.slice(equals + 1);
    const key = record.slice(0, equals);
    if (key === "path") out.path = value;
    else if (key === "linkpath") out.linkpath = value;
    else if (key === "size") out.size = paxSize(value, label);
    else if (key.startsWith("GNU.sparse.")) out.sparse = true;
    at = end;
  }
  return out;
}

function paxSize(value: string, label: string): number {
  const size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw damaged(label, "the size of a member is not a number");
  return size;
}

/** Members are never written under their own names; a name that leads elsewhere still says that the archive is not what it claims to be. */
function safeName(name: string, label: string): string {
  const parts = name.split("/");
  if (name.startsWith("/") || parts.includes("..") || name.includes("\0")) {
    throw new ArtifactError(
      "archive",
      `Refused the archive "${label}", a name in it leads out of it: "${name}"`,
      { fix: "Fetch the archive from its publisher; do not use this one" },
    );
  }
  return parts.filter((part) => part !== "." && part !== "").join("/");
}
