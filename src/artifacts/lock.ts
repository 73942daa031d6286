import { join } from "node:path";
import { type Document, LineCounter, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { messageOf } from "../base/mod.ts";
import {
  atomicWriteFile,
  readUserFile,
  readUserText,
  whyUnreadableUnlessAbsent,
} from "../sys/mod.ts";
import { ARCHES, type Arch, isArch } from "./arch.ts";
import { COMPONENTS, type Component, isComponent } from "./component.ts";
import { ArtifactError } from "./errors.ts";

/** The lock's file name in the cluster directory. */
export const LOCK_NAME = "nodewright.lock";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 lower-case hex digits");

const LOCKED_SCHEMA = z.strictObject({
  source: z.enum(["downloads", "debian", "upstream", "builtin"]),
  version: z.string(),
  origins: z.array(
    z.strictObject({ from: z.string(), sha256: DIGEST, signedBy: z.string().optional() }),
  ),
  files: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, "a file name"),
    z.strictObject({ sha256: DIGEST, sizeBytes: z.int().nonnegative() }),
  ),
});

const LOCK_SCHEMA = z.strictObject({
  lockVersion: z.literal(1),
  arches: z.partialRecord(
    z.enum(Object.keys(ARCHES)),
    z.partialRecord(z.enum(COMPONENTS), z.record(z.string(), LOCKED_SCHEMA)),
  ),
});

/** What one component was resolved to, for one architecture. */
export type LockedComponent = Readonly<z.infer<typeof LOCKED_SCHEMA>>;

/**
 * What nodewright.lock says: architecture, component, settings as one line (nodes may differ in
 * theirs), and what that was resolved to.
 */
export type Lock = Readonly<
  Partial<
    Record<Arch, Readonly<Partial<Record<Component, Readonly<Record<string, LockedComponent>>>>>>
  >
>;

const HEADER = `# What each component was resolved to. Written by nodewright, made to be kept under version
# control: with it a later apply asks no network and every node gets the same bytes.
# "nodewright artifacts --update" resolves everything again; removing an entry, that one.
# Files under downloads/ are your own: they are recorded here, and may change.
`;

/** Reads nodewright.lock; an absent one is an empty lock. Rejects with kind `settings` where it is malformed. */
export async function readLock(clusterDir: string): Promise<Lock> {
  const path = join(clusterDir, LOCK_NAME);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readUserFile(path));
  } catch (thrown) {
    if (thrown instanceof TypeError) {
      throw malformed(path, "it is not UTF-8 text", { line: 1, column: 1 });
    }
    const why = await whyUnreadableUnlessAbsent(thrown, path);
    if (why === undefined) return {};
    throw new ArtifactError("settings", `Cannot read the lock file ${LOCK_NAME}: ${why.what}`, {
      locations: [{ file: path, line: 1, column: 1 }],
      fix: why.fix,
    });
  }
  return parseLock(text, path);
}

/** The document's value; aliases let a small file expand without bound. */
function withoutAliases(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (thrown) {
    const why = messageOf(thrown);
    throw malformed(path, why, { line: 1, column: 1 });
  }
}

/** The lock in a text. Throws kind `settings` with the place of the first mistake. */
export function parseLock(text: string, path: string): Lock {
  const conflict = text.split("\n").findIndex((line) => line.startsWith("<<<<<<<"));
  if (conflict >= 0) {
    throw malformed(path, "it has the markers of a merge conflict", {
      line: conflict + 1,
      column: 1,
    });
  }
  const lines = new LineCounter();
  // Pretty errors would quote the text for each of them.
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: "error",
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw malformed(path, error.message, { line, column: col });
  }
  const raw = withoutAliases(document, path);
  const parsed = LOCK_SCHEMA.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, {
      line: 1,
      column: 1,
    });
  }
  return parsed.data.arches;
}

function malformed(
  path: string,
  what: string,
  at: { line: number; column: number },
): ArtifactError {
  return new ArtifactError("settings", `Cannot read the lock file ${LOCK_NAME}: ${what}`, {
    locations: [{ file: path, ...at }],
    fix: "Take it back from version control, or remove it and run nodewright artifacts",
  });
}

/** The lock's text: every level sorted, so that a change shows as the lines it is. */
export function formatLock(lock: Lock): string {
  return HEADER + stringify({ lockVersion: 1, arches: lock }, { sortMapEntries: byKey });
}

function byKey(a: { key: unknown }, b: { key: unknown }): number {
  const [left, right] = [keyText(a.key), keyText(b.key)];
  // The version of the format goes first.
  if (left === "lockVersion") return -1;
  if (right === "lockVersion") return 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

function keyText(key: unknown): string {
  if (typeof key === "object" && key !== null && "value" in key) return String(key.value);
  return String(key);
}

/** Writes nodewright.lock as a whole; only where it would change. Gives true where it did. */
export async function writeLock(clusterDir: string, lock: Lock): Promise<boolean> {
  const path = join(clusterDir, LOCK_NAME);
  const text = formatLock(lock);
  const before = await readUserText(path).catch(() => undefined);
  // Compared by meaning: comments that somebody added are no reason to write.
  if (before !== undefined && formatLock(parseLock(before, path)) === text) return false;
  await atomicWriteFile(path, text, { mode: 0o644 });
  return true;
}

/** The lock with one entry put in or replaced. */
export function withLocked(
  lock: Lock,
  at: { arch: Arch; component: Component; settings: string },
  entry: LockedComponent,
): Lock {
  const ofArch = lock[at.arch] ?? {};
  return {
    ...lock,
    [at.arch]: { ...ofArch, [at.component]: { ...ofArch[at.component], [at.settings]: entry } },
  };
}

/** Both locks' entries; where both have one, that of `over`. */
export function mergeLocks(base: Lock, over: Lock): Lock {
  let merged = base;
  for (const [arch, components] of Object.entries(over)) {
    if (!isArch(arch)) continue;
    for (const [component, entries] of Object.entries(components)) {
      if (!isComponent(component)) continue;
      for (const [settings, entry] of Object.entries(entries)) {
        merged = withLocked(merged, { arch, component, settings }, entry);
      }
    }
  }
  return merged;
}
