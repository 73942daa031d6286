import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ArtifactCache } from "../cache/store.ts";
import { COMPONENT_SPECS, type Component } from "../component.ts";
import { ArtifactError } from "../errors.ts";
import type { LockedComponent } from "../lock.ts";
import type { ComponentSettings } from "../settings.ts";
import type { Found, ResolveDeps, ResolveOptions, Source } from "../types.ts";
import { AptArchive } from "./apt.ts";
import { findInDebian } from "./debian.ts";
import { findInDownloads } from "./downloads.ts";
import { findUpstream, locksSignatures } from "./upstream.ts";

/** What all sources of one run share. */
export interface SourceContext {
  readonly deps: ResolveDeps;
  readonly options: ResolveOptions;
  readonly cache: ArtifactCache;
  /** One a suite and mirror: its lists are fetched once. */
  readonly archives: Map<string, AptArchive>;
}

/** Which component is looked for, where, and what the lock holds it to. */
export interface Wanted {
  readonly component: Component;
  readonly settings: ComponentSettings & { source: Source };
  readonly locked: LockedComponent | undefined;
}

type SettingsOf<S extends Source> = ComponentSettings & { source: S };

/** A connection that is silent for so long is given up. */
const IDLE_TIMEOUT_MS = 60_000;

/** Asks the component's source, or nobody where the lock's files are all in the cache. */
export async function findFiles(context: SourceContext, wanted: Wanted): Promise<Found> {
  const { settings, locked } = wanted;
  if (settings.source === "downloads") {
    const { clusterDir, arch, signal } = context.options;
    return findInDownloads(
      { clusterDir, arch, cache: context.cache, ...(signal === undefined ? {} : { signal }) },
      COMPONENT_SPECS[wanted.component],
    );
  }
  if (settings.source === "builtin") return findBuiltin(context, wanted.component);
  if (locked !== undefined && (await isStillSigned(context, wanted, locked))) {
    const kept = await findInCache(context.cache, locked);
    if (kept !== undefined) return kept;
  }
  switch (settings.source) {
    case "debian":
      return fromDebian(context, wanted, settings);
    case "upstream":
      return fromUpstream(context, wanted, settings);
  }
}

/** A key that the list has got since the lock was written is asked for first. */
async function isStillSigned(
  { options: { clusterDir, arch } }: SourceContext,
  { component, settings }: Wanted,
  locked: LockedComponent,
): Promise<boolean> {
  if (settings.source !== "upstream") return true;
  const { list } = settings;
  const where = { clusterDir, arch, ...(list === undefined ? {} : { list }) };
  return locksSignatures(where, COMPONENT_SPECS[component], locked.origins);
}

/** The executable under each of the names that it has as this component. */
async function findBuiltin(
  { deps, options: { arch } }: SourceContext,
  component: Component,
): Promise<Found> {
  const own = await deps.builtin?.(arch);
  if (own === undefined) {
    throw new ArtifactError(
      "settings",
      `Cannot take ${component} from nodewright itself: there is no executable of it for ${arch}`,
      { fix: `Build it on such a machine and put it next to this one, or use another source` },
    );
  }
  const builtin = own[component];
  if (builtin === undefined) {
    throw new ArtifactError("settings", `Cannot take ${component} from builtin: there is none`, {
      fix: "Use downloads, debian or upstream as its source",
    });
  }
  const { files, version } = builtin;
  const candidates = files.map((file) => ({
    ...file,
    mayBeScript: false,
    versionHint: version,
    origin: `nodewright ${file.name}`,
  }));
  return { candidates, origins: [], notes: [] };
}

async function findInCache(
  cache: ArtifactCache,
  locked: LockedComponent,
): Promise<Found | undefined> {
  const candidates = [];
  for (const [name, file] of Object.entries(locked.files)) {
    if (!(await cache.has(file.sha256))) return undefined;
    candidates.push({
      name,
      path: cache.blobPath(file.sha256),
      ...file,
      origin: locked.origins.map((origin) => describeOrigin(origin.from)).join(", "),
      mayBeScript: false,
      versionHint: locked.version,
    });
  }
  return { candidates, origins: locked.origins, notes: [] };
}

/** `deb runc=1.1.5` as people read it. */
function describeOrigin(from: string): string {
  return from.replace(/^deb ([^=]+)=/, "debian $1 ");
}

function fromDebian(
  context: SourceContext,
  wanted: Wanted,
  settings: SettingsOf<"debian">,
): Promise<Found> {
  const { cache } = context;
  return findInDebian(
    {
      archive: archiveOf(context, settings, noteOf(context, wanted.component)),
      cache,
      note: noteOf(context, wanted.component),
      ...(settings.version === undefined ? {} : { version: settings.version }),
      ...(wanted.locked === undefined ? {} : { locked: wanted.locked.origins }),
    },
    COMPONENT_SPECS[wanted.component],
  );
}

function archiveOf(
  context: SourceContext,
  settings: SettingsOf<"debian">,
  note: (text: string) => void,
): AptArchive {
  const { deps, options, cache, archives } = context;
  const { suite, mirror } = settings;
  const id = createHash("sha256")
    .update(`${options.arch} ${suite ?? ""} ${mirror ?? ""}`)
    .digest("hex")
    .slice(0, 12);
  const known = archives.get(id);
  if (known !== undefined) return known;
  const archive = new AptArchive({
    dir: join(cache.dir, "apt", `${options.arch}-${suite ?? "own"}-${id}`),
    arch: options.arch,
    env: deps.env,
    commands: deps.commands,
    clock: deps.clock,
    note,
    ...(suite === undefined ? {} : { suite }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  archives.set(id, archive);
  return archive;
}

function fromUpstream(
  context: SourceContext,
  wanted: Wanted,
  settings: SettingsOf<"upstream">,
): Promise<Found> {
  const { deps, options, cache } = context;
  const { component } = wanted;
  return findUpstream(
    {
      clusterDir: options.clusterDir,
      arch: options.arch,
      insecureNoChecksum: settings.insecureNoChecksum ?? false,
      note: noteOf(context, component),
      http: {
        cache,
        clock: deps.clock,
        env: deps.env,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        onBytes: (url, receivedBytes, totalBytes) =>
          options.onProgress?.({
            kind: "download",
            component,
            url,
            receivedBytes,
            ...(totalBytes === undefined ? {} : { totalBytes }),
          }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      ...(settings.list === undefined ? {} : { list: settings.list }),
      ...(wanted.locked === undefined ? {} : { locked: wanted.locked.origins }),
    },
    COMPONENT_SPECS[component],
  );
}

function noteOf(context: SourceContext, component: Component): (text: string) => void {
  return (text) => context.options.onProgress?.({ kind: "note", component, text });
}
