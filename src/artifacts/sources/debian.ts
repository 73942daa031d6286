import { mkdir, rm } from "node:fs/promises";
import { readTar } from "../archive/tar.ts";
import { versionOfPackage } from "../binary/version.ts";
import { hashFile } from "../cache/hash.ts";
import { type ArtifactCache, checksumError } from "../cache/store.ts";
import type { ComponentSpec } from "../component.ts";
import { ArtifactError } from "../errors.ts";
import type { Found, LockedOrigin } from "../types.ts";
import type { AptArchive, OfferedPackage } from "./apt.ts";
import { type ExtractedFile, extractComponent } from "./extract.ts";

/** What taking a package apart needs. */
export interface DebianContext {
  readonly archive: AptArchive;
  readonly cache: ArtifactCache;
  /** The version asked for in the settings. */
  readonly version?: string;
  /** What the lock says that the files came from: exactly that package is fetched again. */
  readonly locked?: readonly LockedOrigin[];
  readonly note: (text: string) => void;
}

/** A component's files out of a Debian package. Nothing is installed and no package script runs. */
export async function findInDebian(context: DebianContext, spec: ComponentSpec): Promise<Found> {
  const { archive, cache } = context;
  if (spec.debian === undefined) {
    throw new ArtifactError(
      "debian",
      `Cannot take ${spec.component} from Debian: no package has it`,
      {
        fix: `Put the binary into downloads/worker/, or use the source upstream for ${spec.component}`,
      },
    );
  }
  const wanted = wantedPackage(context, spec.debian.packages);
  const offered = await archive.find(wanted.names, wanted.version);
  if (offered === undefined) throw notOffered(context, wanted);
  const origin = `deb ${offered.name}=${offered.version}`;
  const { sha256, files } = await takeApart(context, spec, offered);
  const expected = context.locked?.find((entry) => entry.from === origin);
  if (expected !== undefined && expected.sha256 !== sha256) {
    throw checksumError(`the package ${offered.name} ${offered.version}`, expected.sha256, sha256);
  }
  return {
    candidates: files.map((file) => ({
      name: file.name,
      path: cache.blobPath(file.sha256),
      sha256: file.sha256,
      sizeBytes: file.sizeBytes,
      origin: `debian ${offered.name} ${offered.version}`,
      versionHint: versionOfPackage(offered.version),
      mayBeScript: false,
    })),
    origins: [{ from: origin, sha256 }],
    notes: [],
  };
}

interface Wanted {
  readonly names: readonly string[];
  readonly version?: string;
  readonly isLocked: boolean;
}

function wantedPackage(context: DebianContext, names: readonly string[]): Wanted {
  for (const { from } of context.locked ?? []) {
    const match = /^deb ([a-z0-9.+-]+)=(\S+)$/.exec(from);
    if (match !== null) {
      return { names: [match[1] ?? ""], version: match[2] ?? "", isLocked: true };
    }
  }
  if (context.version === undefined) return { names, isLocked: false };
  return { names, version: context.version, isLocked: false };
}

function notOffered(context: DebianContext, wanted: Wanted): ArtifactError {
  // Lists that could not be fetched say nothing about what the archive has.
  if (context.archive.updateFailure !== undefined) return context.archive.updateFailure;
  const what =
    wanted.names.join(" or ") + (wanted.version === undefined ? "" : ` ${wanted.version}`);
  return new ArtifactError(
    "debian",
    `Cannot find the package ${what} in ${context.archive.label}`,
    {
      fix: wanted.isLocked
        ? "The archive has replaced the locked version: run nodewright artifacts --update"
        : "Name another suite or version for it, or another source",
    },
  );
}

async function takeApart(
  context: DebianContext,
  spec: ComponentSpec,
  offered: OfferedPackage,
): Promise<{ sha256: string; files: readonly ExtractedFile[] }> {
  const { archive, cache } = context;
  const dir = cache.tempPath();
  // The package file is fetched only where its files are not in the cache already.
  let path: string | undefined;
  const fetch = async (): Promise<string> => {
    context.note(`download ${offered.name} ${offered.version} (${offered.sizeBytes} bytes)`);
    await mkdir(dir, { recursive: true });
    path ??= await archive.download(offered, dir);
    return path;
  };
  try {
    const sha256 = offered.sha256 ?? (await hashFile(await fetch())).sha256;
    const label = `${offered.name} ${offered.version}`;
    const files = await extractComponent(cache, {
      spec,
      sha256,
      label,
      ...(spec.debian === undefined ? {} : { dirs: spec.debian.dirs }),
      open: async function* () {
        const file = await fetch();
        const actual = await hashFile(file);
        if (actual.sha256 !== sha256) throw checksumError(label, sha256, actual.sha256);
        yield* readTar(archive.unpack(file), label);
      },
    });
    return { sha256, files };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
