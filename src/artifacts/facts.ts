import { chmod, copyFile, rm } from "node:fs/promises";
import { z } from "zod";
import { openUserFile } from "../sys/mod.ts";
import { type Arch, nameOfElf } from "./arch.ts";
import { describeKind, inspect } from "./binary/inspect.ts";
import { accessFile } from "./binary/random-access.ts";
import { readStampedVersion } from "./binary/stamped-version.ts";
import {
  mainPackage,
  normalizeVersion,
  versionOfModInfo,
  versionOfOutput,
} from "./binary/version.ts";
import type { ArtifactCache } from "./cache/store.ts";
import type { CommandRunner } from "./command.ts";
import type { Component } from "./component.ts";

const FACTS_SCHEMA = z.object({
  kind: z.enum(["elf", "damaged", "script", "empty", "gzip", "html", "unknown"]),
  /** What it is, as a sentence part. */
  what: z.string(),
  /** Architecture by name; only of executables. */
  arch: z.string().optional(),
  executable: z.boolean(),
  interpreter: z.string().optional(),
  glibc: z.string().optional(),
  libraries: z.array(z.string()),
  version: z.string().optional(),
  mainPackage: z.string().optional(),
});

/** What is known of a file's content, for good: it depends on nothing but the bytes. */
export type BinaryFacts = z.infer<typeof FACTS_SCHEMA>;

/** The kind of memo entry; a new number whenever more is read from files. */
const MEMO_KIND = "binaries-1";

/** Reads a file's facts, or remembers them by its digest. */
export async function readFacts(
  cache: ArtifactCache,
  file: { readonly path: string; readonly sha256: string },
): Promise<BinaryFacts> {
  const known = await cache.memo.get(MEMO_KIND, file.sha256, FACTS_SCHEMA);
  if (known !== undefined) return known;
  const facts = await readBinary(file.path);
  await cache.memo.put(MEMO_KIND, file.sha256, facts);
  return facts;
}

/** Reads a file's facts; nothing is run. */
export async function readBinary(path: string): Promise<BinaryFacts> {
  await using handle = await openUserFile(path);
  const access = await accessFile(handle);
  const found = await inspect(access);
  const facts: BinaryFacts = {
    kind: found.kind,
    what: describeKind(found),
    executable: found.kind === "script",
    libraries: [],
  };
  if (found.kind === "elf") {
    const { elf } = found;
    facts.arch = nameOfElf(elf.machine, elf.elfClass, elf.endian);
    facts.executable = elf.executable;
    facts.libraries = [...elf.needed];
    if (elf.interpreter !== undefined) facts.interpreter = elf.interpreter;
    if (elf.glibc !== undefined) facts.glibc = elf.glibc;
    const stated = elf.goModInfo === undefined ? undefined : versionOfModInfo(elf.goModInfo);
    const stamped = stated ?? (await readStampedVersion(access));
    if (stamped !== undefined) facts.version = normalizeVersion(stamped);
    const main = elf.goModInfo === undefined ? undefined : mainPackage(elf.goModInfo);
    if (main !== undefined) facts.mainPackage = main;
  }
  return facts;
}

const RUN_SCHEMA = z.object({ version: z.string().nullable() });
const RUN_TIMEOUT_MS = 5_000;

/**
 * Asks a program of the jumpbox's own architecture for its version, where reading it gave
 * none: empty environment, no input, a few seconds at most. Undefined where it does not say.
 */
export async function askVersion(
  cache: ArtifactCache,
  commands: CommandRunner,
  file: { readonly path: string; readonly sha256: string; readonly component: Component },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const known = await cache.memo.get("asked", file.sha256, RUN_SCHEMA);
  if (known !== undefined) return known.version ?? undefined;
  // A copy: files in downloads/ need not be executable, and are not ours to change.
  const copy = cache.tempPath();
  try {
    await copyFile(file.path, copy);
    await chmod(copy, 0o700);
    const result = await commands.run([copy, ...questionOf(file.component)], {
      env: {},
      cwd: "/",
      timeoutMs: RUN_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const version = versionOfOutput(`${result.stdout}\n${result.stderr}`);
    await cache.memo.put("asked", file.sha256, { version: version ?? null });
    return version;
  } catch {
    signal?.throwIfAborted();
    // It cannot be started here, e.g. for a library that the node has and the jumpbox has not.
    return undefined;
  } finally {
    await rm(copy, { force: true });
  }
}

function questionOf(component: Component): readonly string[] {
  // A reference plugin without CNI_COMMAND says who it is.
  if (component === "cni-plugins") return [];
  return component === "kubectl" ? ["version", "--client"] : ["--version"];
}

/** True where the facts are those of an executable of this architecture. */
export function runsOn(facts: BinaryFacts, arch: Arch): boolean {
  return facts.kind === "elf" && facts.executable && facts.arch === arch;
}
