import { mapPool, NodewrightError, type Problem, Secret } from "../../base/mod.ts";
import { holdsPrivateKey } from "../../config/mod.ts";
import { CLUSTER_FILES, type Cluster, nodeFiles } from "./cluster.ts";
import { clusterCidrsOf } from "./cluster-cidrs.ts";
import { checkControlPlaneFiles } from "./control-plane-files.ts";
import { misnamedFolders, unreadDropIns } from "./drop-in-names.ts";
import { checkLocalFiles } from "./local-files.ts";
import { isWorker, type Machine } from "./machine.ts";
import { checkClusterCidrs } from "./machine-conflicts.ts";
import { parseMachines } from "./parse-machines.ts";
import { type ParsedSettings, parseSettings, type SettingsContext } from "./parse-settings.ts";
import { emptyFile, listFolder, type ReadText, readText, unreadable } from "./read-directory.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

/** Files read at once; more gains nothing on a local disk. */
const READERS = 16;

/**
 * Reads a cluster directory once: the inventory, the settings, every file that a node gets.
 * What is wrong with a file is among the problems; rejects with NodewrightError only where the
 * directory itself cannot be read. `texts` take the place of files that are there: what the
 * directory would be with them.
 */
export async function loadCluster(
  dir: string,
  options: { readonly texts?: ReadonlyMap<string, string> } = {},
): Promise<Cluster> {
  const { texts = new Map() } = options;
  const names = new Set(await listFolder(dir, ""));
  const reader = new DirectoryReader(dir, { names, texts });
  const { machines, problems: machineProblems } = await loadMachines(reader);
  const {
    settings,
    localFiles = [],
    problems: settingsProblems,
  } = await loadSettings(reader, { machines, dir });
  const workers = machines.filter(isWorker);

  await reader.templates(await templatePaths(reader));
  await reader.templates([
    CLUSTER_FILES.ca,
    ...workers.map(({ name }) => nodeFiles(name).certificate),
  ]);
  await reader.secrets([
    CLUSTER_FILES.kubeProxyKubeconfig,
    ...workers.flatMap(({ name }) => [nodeFiles(name).key, nodeFiles(name).kubeconfig]),
  ]);
  await reader.overrides(settings);

  const { cidrs, problems: cidrProblems } = clusterCidrsOf(settings, reader.texts);
  return {
    dir,
    machines,
    workers,
    managed: settings.serverRoutes
      ? [...workers, ...machines.filter((machine) => !isWorker(machine))]
      : workers,
    settings,
    templates: reader.texts,
    secrets: reader.secretTexts,
    ...(cidrs === undefined ? {} : { clusterCidrs: cidrs }),
    localProblems: await checkLocalFiles(localFiles),
    // Files of a folder are looked for one by one; most directories have none of the folder's.
    controlPlaneProblems: await checkControlPlaneFiles(
      dir,
      (path) => path.includes("/") || names.has(path),
    ),
    problems: [
      ...machineProblems,
      ...settingsProblems,
      ...reader.problems,
      ...cidrProblems,
      ...(cidrs === undefined ? [] : checkClusterCidrs(machines, cidrs)),
    ],
  };
}

/** Reads files of one directory into two maps: texts, and secrets that never print themselves. */
class DirectoryReader {
  readonly texts = new Map<string, string>();
  readonly secretTexts = new Map<string, Secret>();
  readonly problems: Problem[] = [];
  readonly #dir: string;
  /** The names in the directory itself: most nodes' certificates are not there in a new one, and need no attempt. */
  readonly #names: ReadonlySet<string>;
  readonly #replaced: ReadonlyMap<string, string>;
  readonly #unread: string[] = [];

  constructor(
    dir: string,
    {
      names,
      texts,
    }: { readonly names: ReadonlySet<string>; readonly texts: ReadonlyMap<string, string> },
  ) {
    this.#dir = dir;
    this.#names = names;
    this.#replaced = texts;
  }

  /** The names in a folder; none where it is absent or cannot be read (then with a problem). */
  async folder(folder: string): Promise<readonly string[]> {
    if (this.#isUnread(folder)) return [];
    try {
      return await listFolder(this.#dir, folder);
    } catch (thrown) {
      const { cause, message } = NodewrightError.from(thrown, `Cannot read ${folder}`);
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : message;
      this.#unread.push(folder);
      this.problems.push(unreadable(folder, code));
      return [];
    }
  }

  #isUnread(path: string): boolean {
    return this.#unread.some((folder) => path.startsWith(`${folder}/`));
  }

  /** A file's text; undefined where it is absent or unreadable (then with a problem). */
  async one(path: string): Promise<string | undefined> {
    if (!path.includes("/") && !this.#names.has(path)) return undefined;
    // The folder's own problem says it for all of its files.
    if (this.#isUnread(path)) return undefined;
    const read = await this.#read(path);
    if (read.kind === "problem") this.problems.push(read.problem);
    // Nothing has to be said in nodewright.yaml; every other file has a reason to be there.
    if (read.kind === "text" && read.text === "" && path !== CLUSTER_FILES.settings) {
      this.problems.push(emptyFile(path));
      return undefined;
    }
    return read.kind === "text" ? read.text : undefined;
  }

  /** A file whose name is nearly the right one would be passed over without a word. */
  misspelt(name: string, others: readonly string[]): void {
    for (const other of others.filter((one) => this.#names.has(one))) {
      const both = this.#names.has(name);
      this.problems.push({
        code: "misspelt-file",
        severity: "error",
        message: `Cannot use ${other}: the settings are read from ${name}`,
        locations: [{ file: other, line: 1, column: 1 }],
        fix: both ? `Move what counts into ${name}, and remove ${other}` : `mv ${other} ${name}`,
      });
    }
  }

  async templates(paths: readonly string[]): Promise<void> {
    await this.#each(paths, (path, text) => this.texts.set(path, text));
  }

  async secrets(paths: readonly string[]): Promise<void> {
    await this.#each(paths, (path, text) => this.secretTexts.set(path, new Secret(text)));
  }

  /** The files that nodewright.yaml names; one that is absent is a problem at the line that names it. */
  async overrides(settings: Settings): Promise<void> {
    const overrides = [settings, ...settings.nodes.values()].flatMap(({ files }) => files);
    const wanted = new Map(overrides.map((override) => [override.source, override]));
    await mapPool([...wanted.values()], READERS, async (override) => {
      const { source, location, mode } = override;
      if (this.texts.has(source) || this.secretTexts.has(source)) return;
      const read = await this.#read(source);
      if (read.kind === "problem") this.problems.push(read.problem);
      else if (read.kind === "absent") {
        this.problems.push({
          code: "missing-file",
          severity: "error",
          message: `Cannot find the file for ${override.target}: "${source}"`,
          locations: [location],
          fix: "Paths are relative to the cluster directory",
        });
      } else if (mode === undefined ? holdsPrivateKey(read.text) : (mode & 0o077) === 0) {
        this.secretTexts.set(source, new Secret(read.text));
      } else this.texts.set(source, read.text);
    });
  }

  async #read(path: string): Promise<ReadText> {
    const replaced = this.#replaced.get(path);
    return replaced === undefined ? readText(this.#dir, path) : { kind: "text", text: replaced };
  }

  async #each(paths: readonly string[], keep: (path: string, text: string) => void): Promise<void> {
    const texts = await mapPool(paths, READERS, (path) => this.one(path));
    texts.forEach((text, index) => {
      const path = paths[index];
      if (text !== undefined && path !== undefined) keep(path, text);
    });
  }
}

async function loadMachines(
  reader: DirectoryReader,
): Promise<{ machines: readonly Machine[]; problems: readonly Problem[] }> {
  const before = reader.problems.length;
  const text = await reader.one(CLUSTER_FILES.machines);
  if (text !== undefined) return parseMachines(text, CLUSTER_FILES.machines);
  if (reader.problems.length > before) return { machines: [], problems: [] };
  const problem: Problem = {
    code: "missing-file",
    severity: "error",
    message: `Cannot find ${CLUSTER_FILES.machines} in the cluster directory`,
    locations: [{ file: CLUSTER_FILES.machines, line: 1, column: 1 }],
    fix: "Give the cluster directory with -C DIR; make one with: nodewright init DIR",
  };
  return { machines: [], problems: [problem] };
}

async function loadSettings(
  reader: DirectoryReader,
  context: SettingsContext,
): Promise<ParsedSettings> {
  const text = await reader.one(CLUSTER_FILES.settings);
  reader.misspelt(CLUSTER_FILES.settings, ["nodewright.yml", "nodewright.json", "nodewright.toml"]);
  if (text === undefined) return { settings: DEFAULT_SETTINGS, problems: [] };
  return parseSettings(text, CLUSTER_FILES.settings, context);
}

/** configs/*.conf and *.conflist are CNI configuration; units/NAME.service.d/*.conf are drop-ins of the units. */
async function templatePaths(reader: DirectoryReader): Promise<string[]> {
  const configs = await reader.folder("configs");
  const cni = configs
    .filter((name) => /\.conf(list)?$/.test(name))
    .map((name) => `configs/${name}`);
  const units = Object.values(CLUSTER_FILES.units);
  const dropIns = await Promise.all(
    units.map(async (unit) => {
      const names = await reader.folder(`${unit}.d`);
      reader.problems.push(...unreadDropIns(`${unit}.d`, names));
      return names.filter((name) => name.endsWith(".conf")).map((name) => `${unit}.d/${name}`);
    }),
  );
  reader.problems.push(...misnamedFolders(units, await reader.folder("units")));
  const { containerdConfig, kubeletConfig, kubeProxyConfig } = CLUSTER_FILES;
  return [...cni, containerdConfig, kubeletConfig, kubeProxyConfig, ...units, ...dropIns.flat()];
}
