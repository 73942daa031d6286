import { InvalidArgumentError } from "@commander-js/extra-typings";
import {
  ARCHES,
  type Arch,
  ArtifactCache,
  type ArtifactProgress,
  ArtifactResolver,
  type ArtifactSet,
  COMPONENTS,
  type Component,
  type ComponentsSettings,
  cacheDirectory,
  isArch,
  type MissingComponent,
  parseArch,
  readLock,
  systemCommands,
} from "../artifacts/mod.ts";
import { distinctProblems, hasErrors, type Problem, systemClock } from "../base/mod.ts";
import { type Cluster, loadCluster, settingsOf } from "../bootstrap/inventory/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { builtinExecutable, isExecutable, nodeExecutables } from "./node-executables.ts";
import { printProblems } from "./output/print-problems.ts";

/** One component for one kind of node. */
interface Row {
  readonly arch: Arch;
  /** The nodes that have settings of their own; empty: all others. */
  readonly nodes: readonly string[];
  readonly set: ArtifactSet | MissingComponent;
}

/**
 * `nodewright artifacts [--arch ARCH...] [--update]`: what each component is, where it comes
 * from, and what is wrong with it. Writes nodewright.lock.
 */
export const define: DefineCommand = (command, context) => {
  command
    .option(
      "--arch <arch...>",
      "for these architectures; default: those of nodewright.lock, else this machine's",
      parseArches,
    )
    .option("--update", "resolve everything again, whatever nodewright.lock says")
    .action(async (options) => {
      const cluster = await loadCluster(context.clusterDir);
      const resolver = await createResolver(cluster, context, options.update ?? false);
      const rows: Row[] = [];
      const problems: Problem[] = cluster.problems.filter((p) => p.severity === "error");
      for (const arch of options.arch ?? (await usualArches(cluster.dir, context.process.arch))) {
        for (const kind of nodeKinds(cluster)) {
          const { sets, problems: found } = await resolver.resolve(arch, kind.components);
          problems.push(...found);
          for (const name of COMPONENTS) {
            if (kind.differs(name)) rows.push({ arch, nodes: kind.nodes, set: sets[name] });
          }
        }
      }
      report(rows, distinctProblems(problems), context);
      if (hasErrors(problems)) context.exitCode = EXIT.FAILED;
    });
};

function parseArches(word: string, before: readonly Arch[] | undefined): readonly Arch[] {
  if (isArch(word)) return [...(before ?? []), word];
  throw new InvalidArgumentError(`Expected one of ${Object.keys(ARCHES).join(", ")}.`);
}

async function createResolver(
  cluster: Cluster,
  context: CliContext,
  update: boolean,
): Promise<ArtifactResolver> {
  const { env, execPath } = context.process;
  const cacheDir = cacheDirectory(env);
  const cache = await ArtifactCache.open(cacheDir, { nowMs: systemClock.now() });
  return new ArtifactResolver(
    {
      commands: systemCommands,
      clock: systemClock,
      env,
      hostArch: parseArch(context.process.arch),
      builtin: async (arch) =>
        isExecutable(execPath)
          ? builtinExecutable(
              await nodeExecutables(execPath, context.process.arch, cache),
              arch,
              cache,
            )
          : undefined,
    },
    {
      clusterDir: cluster.dir,
      cacheDir,
      update,
      // A directory that is no cluster's gets no lock.
      save: !hasErrors(cluster.problems),
      signal: context.signal,
      onProgress: (event) => showProgress(event, context),
    },
  );
}

function showProgress(event: ArtifactProgress, context: CliContext): void {
  if (event.kind === "note") context.out.note(`${event.component}: ${event.text}`);
}

async function usualArches(dir: string, hostArch: string): Promise<readonly Arch[]> {
  const locked = Object.keys(await readLock(dir)).filter(isArch);
  return locked.length > 0 ? locked : [parseArch(hostArch) ?? "amd64"];
}

/** Settings that some nodes share. */
interface NodeKind {
  /** Empty: the cluster's own settings. */
  readonly nodes: readonly string[];
  readonly components: ComponentsSettings;
  /** Whether a component has other settings than the cluster's; always true for the cluster's own. */
  readonly differs: (component: Component) => boolean;
}

function nodeKinds(cluster: Cluster): readonly NodeKind[] {
  const { components } = cluster.settings;
  const kinds: NodeKind[] = [{ nodes: [], components, differs: () => true }];
  const settingOf = (of: ComponentsSettings, name: Component): string =>
    JSON.stringify(of[name] ?? null);
  const keyOf = (of: ComponentsSettings): string =>
    COMPONENTS.map((name) => settingOf(of, name)).join();
  const others = cluster.workers
    .map(({ name }) => ({ name, own: settingsOf(cluster.settings, name).components }))
    .filter(({ own }) => keyOf(own) !== keyOf(components));
  for (const group of Map.groupBy(others, ({ own }) => keyOf(own)).values()) {
    const [first] = group;
    if (first === undefined) continue;
    kinds.push({
      nodes: group.map(({ name }) => name),
      components: first.own,
      differs: (name) => settingOf(first.own, name) !== settingOf(components, name),
    });
  }
  return kinds;
}

function report(rows: readonly Row[], problems: readonly Problem[], context: CliContext): void {
  if (context.json) {
    const artifacts = rows.map(({ arch, nodes, set }) => ({ arch, nodes, ...set }));
    context.out.json({ kind: "artifacts", artifacts, problems });
    return;
  }
  const header = ["COMPONENT", "SOURCE", "VERSION", "ARCH", "SIZE", "SHA256", "NOTE"];
  context.out.table(header, rows.map(toCells));
  if (context.verbose) for (const row of rows) printFiles(row, context);
  printProblems(problems, context);
}

function toCells({ arch, nodes, set }: Row): string[] {
  const forNodes = nodes.length === 0 ? [] : [`for ${nodes.join(", ")}`];
  if (set.kind === "missing") {
    return [set.component, "-", "-", arch, "-", "-", [...forNodes, set.reason].join("; ")];
  }
  const [first] = set.files;
  const size = set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const notes = [...forNodes, originOf(set)];
  if (set.files.length > 1) notes.push(`${set.files.length} files`);
  return [
    set.component,
    set.source,
    set.version,
    arch,
    `${(size / 1e6).toFixed(1)} MB`,
    set.files.length > 1 ? "" : (first?.sha256.slice(0, 12) ?? ""),
    notes.join("; "),
  ];
}

/** Where the files come from, without the names inside of archives. */
function originOf(set: ArtifactSet): string {
  const [first, ...others] = new Set(
    set.files.map((file) => file.origin.replace(/(\.tgz|\.tar\.gz):.*$/, "$1")),
  );
  return others.length === 0 ? (first ?? "") : `${first} and others`;
}

function printFiles({ set }: Row, context: CliContext): void {
  if (set.kind === "missing") return;
  for (const file of set.files) {
    context.out.line(`${file.sha256}  ${file.installPath}  ${file.origin}`);
  }
}
