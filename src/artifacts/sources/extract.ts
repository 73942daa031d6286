import { z } from "zod";
import type { TarMember } from "../archive/tar.ts";
import type { ArtifactCache } from "../cache/store.ts";
import { type ComponentSpec, isFileOf } from "../component.ts";
import { ArtifactError } from "../errors.ts";

/** A file taken out of an archive, now a blob of the cache. */
export interface ExtractedFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Its name inside the archive. */
  readonly memberName: string;
}

/** No executable of a worker node comes near this; a member that claims more is not unpacked. */
const MAX_MEMBER_BYTES = 1024 * 1024 * 1024;
const ELF_MAGIC = "\x7fELF";

const MEMO_SCHEMA = z.object({
  files: z.array(
    z.object({
      name: z.string(),
      sha256: z.string(),
      sizeBytes: z.number(),
      memberName: z.string(),
    }),
  ),
});

/** What to take out of an archive, and what it is called in errors. */
export interface ExtractOptions {
  readonly spec: ComponentSpec;
  /** The archive's own digest: what was taken out is remembered by it. */
  readonly sha256: string;
  readonly label: string;
  /** Directories inside the archive; absent: wherever the file is. */
  readonly dirs?: readonly string[];
  readonly open: () => AsyncIterable<TarMember>;
}

/**
 * Takes a component's files out of an archive into the cache: regular files of known names
 * alone, the first of each name. Nothing is ever written under a name from the archive.
 */
export async function extractComponent(
  cache: ArtifactCache,
  options: ExtractOptions,
): Promise<readonly ExtractedFile[]> {
  const key = `${options.sha256}-${options.spec.component}`;
  const known = await cache.memo.get("unpacked-1", key, MEMO_SCHEMA);
  if (known !== undefined && (await areThere(cache, known.files))) return known.files;
  const files = new Map<string, ExtractedFile>();
  const refused: string[] = [];
  for await (const member of options.open()) {
    const name = nameOf(member, options);
    if (name === undefined || files.has(name)) continue;
    if (member.kind !== "file") {
      if (member.kind !== "directory") refused.push(`"${member.name}" is a ${member.kind}`);
      continue;
    }
    if (member.sizeBytes > MAX_MEMBER_BYTES) {
      refused.push(`"${member.name}" has ${member.sizeBytes} bytes`);
      continue;
    }
    const file = await extractMember(cache, { member, name, options });
    if (file !== undefined) files.set(name, file);
  }
  const missing = options.spec.required.filter((name) => !files.has(name));
  if (missing.length > 0 && refused.length > 0) {
    throw new ArtifactError(
      "archive",
      `Refused members of "${options.label}": ${refused.slice(0, 5).join(", ")}`,
      { fix: "Only regular files are taken; fetch the archive from its publisher" },
    );
  }
  const list = [...files.values()];
  await cache.memo.put("unpacked-1", key, { files: list });
  return list;
}

async function areThere(
  cache: ArtifactCache,
  files: readonly { sha256: string }[],
): Promise<boolean> {
  for (const file of files) if (!(await cache.has(file.sha256))) return false;
  return true;
}

function nameOf(member: TarMember, options: ExtractOptions): string | undefined {
  const slash = member.name.lastIndexOf("/");
  const dir = member.name.slice(0, Math.max(0, slash));
  const name = member.name.slice(slash + 1);
  if (!isFileOf(options.spec, name)) return undefined;
  if (options.dirs !== undefined) return options.dirs.includes(dir) ? name : undefined;
  // Any word may be a plugin's name, so those are taken from the top of their archive only.
  return options.spec.open && dir !== "" ? undefined : name;
}

async function extractMember(
  cache: ArtifactCache,
  job: { member: TarMember; name: string; options: ExtractOptions },
): Promise<ExtractedFile | undefined> {
  const { member, name, options } = job;
  let body: AsyncIterable<Uint8Array> = member.body;
  if (options.spec.open && !options.spec.required.includes(name)) {
    const peeked = await peek(member.body);
    if (peeked === undefined) return undefined;
    body = peeked;
  }
  const blob = await cache.put(body, {
    label: `"${member.name}" of ${options.label}`,
    sizeBytes: member.sizeBytes,
  });
  return { name, ...blob, memberName: member.name };
}

/** The whole stream again where it begins like an executable; undefined otherwise. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < ELF_MAGIC.length) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  if (Buffer.concat(head).toString("latin1", 0, ELF_MAGIC.length) !== ELF_MAGIC) return undefined;
  return (async function* () {
    yield* head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield next.value;
    }
  })();
}
