import { InvalidArgumentError } from "@commander-js/extra-typings";
import {
  ARCHES,
  type Arch,
  ArtifactCache,
  type ArtifactProgress,
  ArtifactResolver,
  COMPONENTS,
  type Component,
  type ComponentsSettings,
  cacheDirectory,
  isArch,
  parseArch,
  readLock,
  systemCommands,
} from "../artifacts/mod.ts";
import { hasErrors, systemClock } from "../base/mod.ts";
import { type Cluster, settingsOf } from "../bootstrap/inventory/mod.ts";
import type { CliContext } from "./context.ts";
import { builtinExecutable, isExecutable, nodeExecutables } from "./node-executables.ts";

/** The words of `--arch`. */
export function parseArches(word: string, before: readonly Arch[] | undefined): readonly Arch[] {
  if (isArch(word)) return [...(before ?? []), word];
  throw new InvalidArgumentError(`Expected one of ${Object.keys(ARCHES).join(", ")}.`);
}

/** A resolver for a directory, with this executable as what is built in. */
export async function createResolver(
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

/** The architectures of nodewright.lock, else this machine's. */
export async function usualArches(dir: string, hostArch: string): Promise<readonly Arch[]> {
  const locked = Object.keys(await readLock(dir)).filter(isArch);
  return locked.length > 0 ? locked : [parseArch(hostArch) ?? "amd64"];
}

/** Settings that some nodes share. */
export interface NodeKind {
  /** Empty: the cluster's own settings. */
  readonly nodes: readonly string[];
  readonly components: ComponentsSettings;
  /** Whether a component has other settings than the cluster's; always true for the cluster's own. */
  readonly differs: (component: Component) => boolean;
}

/** The settings of components that there are, the cluster's own first. */
export function nodeKinds(cluster: Cluster): readonly NodeKind[] {
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
