import { join } from "node:path";
import { mapPool, NodewrightError, type Problem, ProblemsError } from "../base/mod.ts";
import { ArtifactCache } from "./cache/store.ts";
import { chooseFiles, type Examined, incomplete, toArtifactFile } from "./choose.ts";
import { COMPONENT_SPECS, COMPONENTS, type Component, type ComponentSpec } from "./component.ts";
import { askVersion, readFacts } from "./facts.ts";
import { type Lock, type LockedComponent, withLocked } from "./lock.ts";
import { type ComponentSettings, DEFAULT_SETTINGS, describeSettings } from "./settings.ts";
import { findFiles, type SourceContext } from "./sources/find.ts";
import type {
  ArtifactSet,
  Found,
  MissingComponent,
  ResolveDeps,
  ResolveOptions,
  Source,
} from "./types.ts";

/** What was resolved. */
export interface Resolution {
  readonly sets: Readonly<Record<Component, ArtifactSet | MissingComponent>>;
  readonly problems: readonly Problem[];
  /** The lock with the entries of this architecture as they are now; write it with writeLock. */
  readonly lock: Lock;
}

/** Downloads and unpacking at once. */
const PARALLEL = 3;

/**
 * Finds all components' files for one architecture: from the lock and the cache without any
 * network, else from each component's source. What is wrong with the files comes as problems,
 * all of them; only an abort and a broken cache reject.
 */
export async function resolveArtifacts(
  deps: ResolveDeps,
  options: ResolveOptions,
): Promise<Resolution> {
  const cache = await ArtifactCache.open(options.cacheDir, { nowMs: deps.clock.now() });
  const sources: SourceContext = { deps, options, cache, archives: new Map() };
  const outcomes = await mapPool(COMPONENTS, PARALLEL, (component) =>
    resolveComponent(sources, component),
  );
  const sets: Partial<Record<Component, ArtifactSet | MissingComponent>> = {};
  const problems: Problem[] = [];
  let lock = options.lock;
  for (const outcome of outcomes) {
    sets[outcome.set.component] = outcome.set;
    problems.push(...outcome.problems);
    if (outcome.locked === undefined) continue;
    const { settings, entry } = outcome.locked;
    const at = { arch: options.arch, component: outcome.set.component, settings };
    lock = withLocked(lock, at, entry);
  }
  // cast: mapPool gives one outcome for every member of COMPONENTS
  return { sets: sets as Resolution["sets"], problems, lock };
}

interface Outcome {
  readonly set: ArtifactSet | MissingComponent;
  readonly problems: readonly Problem[];
  /** The lock's new entry; absent: it stays as it is. */
  readonly locked?: { readonly settings: string; readonly entry: LockedComponent };
}

async function resolveComponent(context: SourceContext, component: Component): Promise<Outcome> {
  const { options } = context;
  const settings = options.components[component] ?? DEFAULT_SETTINGS;
  if (settings.source === "none") {
    return {
      set: missing(component, "it is switched off in the settings", "Set another source for it"),
      problems: [],
    };
  }
  const locked = options.lock[options.arch]?.[component]?.[describeSettings(settings)];
  const { update = false } = options;
  const isAnew = typeof update === "boolean" ? update : update.includes(component);
  const held = isAnew ? undefined : locked;
  try {
    const found = await findFiles(context, { component, settings, locked: held });
    const spec = COMPONENT_SPECS[component];
    const outcome = await conclude(context, { spec, settings, held, found });
    const now = outcome.set.kind === "set" ? outcome.set.version : undefined;
    if (locked !== undefined && now !== undefined && locked.version !== now) {
      const text = `version ${locked.version} becomes ${now}`;
      options.onProgress?.({ kind: "note", component, text });
    }
    return outcome;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    const error = NodewrightError.from(thrown, `Cannot get ${component}`);
    return {
      set: missing(component, error.message, error.fix ?? "See the problem above"),
      problems: toProblems(error),
    };
  }
}

interface Conclusion {
  readonly spec: ComponentSpec;
  readonly settings: ComponentSettings & { source: Source };
  readonly held: LockedComponent | undefined;
  readonly found: Found;
}

async function conclude(context: SourceContext, job: Conclusion): Promise<Outcome> {
  const { spec, settings, held, found } = job;
  const { arch } = context.options;
  const examined: Examined[] = [];
  for (const candidate of found.candidates) {
    examined.push({ candidate, facts: await readFacts(context.cache, candidate) });
  }
  const choice = chooseFiles(spec, arch, examined);
  const problems = [...choice.problems];
  const names = new Set(choice.taken.map((entry) => entry.candidate.name));
  // A file that is there and of no use has its own problem, and is not missing too.
  const there = new Set(found.candidates.map((candidate) => candidate.name));
  const lacking = there.size === 0 ? undefined : incomplete(spec, there);
  if (lacking !== undefined) problems.push(lacking);
  const wrong = problems.find((problem) => problem.severity === "error");
  if (wrong !== undefined) {
    return { set: missing(spec.component, wrong.message, wrong.fix ?? ""), problems };
  }
  if (names.size === 0) return absent(job);
  const files = choice.taken.map((entry) => toArtifactFile(spec, entry));
  const set: ArtifactSet = {
    kind: "set",
    component: spec.component,
    source: settings.source,
    version: await versionOf(context, job, choice.taken),
    arch,
    files,
  };
  // Its own version is the version of nodewright, which no lock holds.
  const isHeld = held !== undefined && settings.source !== "builtin";
  problems.push(...(isHeld ? compareWithLock(held, set) : []));
  const mismatch = problems.find((problem) => problem.severity === "error");
  if (mismatch !== undefined) {
    return { set: missing(spec.component, mismatch.message, mismatch.fix ?? ""), problems };
  }
  if (settings.source === "builtin") return { set, problems };
  const locked = { settings: describeSettings(settings), entry: toLocked(set, found) };
  return { set, problems, locked };
}

/** The version of the whole: that of the file that gives the component its name, else of the first that says one. */
async function versionOf(
  context: SourceContext,
  { spec, settings }: Pick<Conclusion, "spec" | "settings">,
  taken: readonly Examined[],
): Promise<string> {
  const [mainName] = spec.required;
  const main = taken.find((entry) => entry.candidate.name === mainName) ?? taken[0];
  if (main === undefined) return "unknown";
  const { candidate, facts } = main;
  if (settings.source === "builtin") return candidate.versionHint ?? "unknown";
  if (facts.version !== undefined) return facts.version;
  const { deps, options, cache } = context;
  const canAsk = facts.kind === "elf" && facts.arch === deps.hostArch;
  const asked = canAsk
    ? await askVersion(
        cache,
        deps.commands,
        { path: candidate.path, sha256: candidate.sha256, component: spec.component },
        options.signal,
      )
    : undefined;
  return asked ?? candidate.versionHint ?? "unknown";
}

function absent(job: Conclusion): Outcome {
  const { spec, settings, found } = job;
  const folders = spec.folders.map((folder) => join("downloads", folder)).join(" or ");
  const reason = `${spec.component} is not in ${folders}`;
  const notes = found.notes.length === 0 ? "" : ` (${found.notes.join(", ")})`;
  const fix = `Put it there, or name another source for ${spec.component} in nodewright.yaml`;
  const problem: Problem = {
    code: "artifact-missing",
    severity: settings.source === "downloads" ? spec.whenAbsent : "error",
    message:
      settings.source === "downloads"
        ? `Cannot install ${spec.component}, it is not in ${folders}${notes}`
        : `Cannot install ${spec.component}, its source has none of its files: ${describeSettings(settings)}`,
    locations: [],
    fix,
  };
  return { set: missing(spec.component, reason + notes, fix), problems: [problem] };
}

function missing(component: Component, reason: string, fix: string): MissingComponent {
  return { kind: "missing", component, reason, fix };
}

function toLocked(set: ArtifactSet, found: Found): LockedComponent {
  return {
    source: set.source,
    version: set.version,
    origins: [...found.origins],
    files: Object.fromEntries(
      set.files.map((file) => [file.name, { sha256: file.sha256, sizeBytes: file.sizeBytes }]),
    ),
  };
}

/**
 * Files under downloads/ are the user's own: another one there is an update, and said. From
 * everywhere else the same version must give the same bytes, else somebody changed it.
 */
function compareWithLock(held: LockedComponent, set: ArtifactSet): Problem[] {
  const problems: Problem[] = [];
  for (const file of set.files) {
    const before = held.files[file.name];
    if (before === undefined || before.sha256 === file.sha256) continue;
    problems.push(
      set.source === "downloads"
        ? {
            code: "artifact-changed",
            severity: "warning",
            message: `Changed since the lock was written, "${file.origin}" is now: ${file.sha256} (before ${before.sha256})`,
            locations: [],
          }
        : {
            code: "lock-mismatch",
            severity: "error",
            message: `Refused ${file.name} of ${set.component}, the lock has SHA-256 ${before.sha256}, "${file.origin}" gives: ${file.sha256}`,
            locations: [],
            fix: "Find out why it changed; nodewright artifacts --update takes it as it is now",
          },
    );
  }
  return problems;
}

function toProblems(error: NodewrightError): readonly Problem[] {
  if (error instanceof ProblemsError) return error.problems;
  const detail =
    error.detail === undefined ? "" : ` (${error.detail.trim().split("\n").join("; ")})`;
  return [
    {
      code: `artifact-${error.kind}`,
      severity: "error",
      message: `${error.message}${detail}`,
      locations: error.locations,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    },
  ];
}
