import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArch, readLock } from "../../artifacts/mod.ts";
import { NodewrightError, UsageError } from "../../base/mod.ts";
import { type Cluster, loadCluster, selectNodes } from "../../bootstrap/inventory/mod.ts";
import { directorySubject, lockedVersions, rootSubject } from "../../bootstrap/sources/mod.ts";
import type { CheckSubject, NodeFacts } from "../../check/mod.ts";
import type { ReadText } from "../../check/report/mod.ts";
import { readUserTextSync } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { type AskedApi, askApi } from "./ask-api.ts";
import type { CheckTarget } from "./check-target.ts";
import { checkNodes, checkThisMachine } from "./live-check.ts";

export interface TargetOptions {
  /** Below which a node's file system lies; `/` is this machine as it runs. */
  readonly root?: string;
  readonly kubeconfig?: string;
  /** A cluster directory: what the nodes run now. */
  readonly from?: string;
}

/** The target that an invocation names: a directory, nodes, or a root directory. */
export async function findTarget(
  targets: readonly string[],
  options: TargetOptions,
  context: CliContext,
): Promise<CheckTarget> {
  const api = options.kubeconfig === undefined ? {} : await askApi(options.kubeconfig, context);
  if (options.root !== undefined) return rootTarget(targets, options.root, api, context);
  const names = takeDirectory(targets, context);
  const cluster = await loadCluster(context.clusterDir);
  if (names.length === 0) {
    const from =
      options.from === undefined ? undefined : resolve(context.process.cwd, options.from);
    return directoryTarget(cluster, { api, from }, context);
  }
  const machines = selectNodes(cluster, names);
  return checkNodes(cluster, machines, { api, context });
}

async function directoryTarget(
  cluster: Cluster,
  { api: { api, failures = [] }, from }: { api: AskedApi; from: string | undefined },
  context: CliContext,
): Promise<CheckTarget> {
  const lock = await readLock(cluster.dir).catch((thrown: unknown) => {
    failures.push(NodewrightError.from(thrown, "Cannot read nodewright.lock"));
    return {};
  });
  const arch = parseArch(context.process.arch) ?? "amd64";
  const previous = from === undefined ? undefined : await factsBefore(from);
  const now = new Date();
  const subjectOf = (of: Cluster): CheckSubject =>
    directorySubject(of, of.workers, {
      now,
      versions: (machine) => lockedVersions(of, machine, { lock, arch }),
      ...(api === undefined ? {} : { api }),
      ...(previous === undefined ? {} : { previous }),
    });
  return {
    subject: subjectOf(cluster),
    subjectWith: async (texts) => subjectOf(await loadCluster(cluster.dir, { texts })),
    suppressions: cluster.settings.ignoredFindings,
    read: textsOf(cluster),
    nameOf: (file) => context.pathOf(file),
    failures,
  };
}

/** What the nodes of another state of the directory have, by name. */
async function factsBefore(dir: string): Promise<ReadonlyMap<string, NodeFacts>> {
  if (!isDirectory(dir)) throw new UsageError(`No such directory: ${dir}`);
  const cluster = await loadCluster(dir);
  const { nodes } = directorySubject(cluster, cluster.workers, { now: new Date() });
  return new Map(nodes.map((node) => [node.name, node]));
}

async function rootTarget(
  targets: readonly string[],
  root: string,
  asked: AskedApi,
  context: CliContext,
): Promise<CheckTarget> {
  if (targets.length > 0) {
    throw new UsageError(`Expected no further argument with --root: ${targets.join(" ")}`, {
      fix: "nodewright check --root DIR",
    });
  }
  const dir = resolve(context.process.cwd, root);
  if (!isDirectory(dir)) throw new UsageError(`No such directory: ${root}`);
  if (dir === "/") return checkThisMachine(asked, context);
  const subject = await rootSubject(dir, new Date());
  const { files } = subject.nodes[0] ?? {};
  return {
    subject: asked.api === undefined ? subject : { ...subject, api: asked.api },
    suppressions: [],
    read: (file) => files?.get(file)?.text,
    nameOf: (file) => (file.startsWith("/") ? join(root, file) : file),
    failures: asked.failures ?? [],
  };
}

/** A single argument that is a directory is the cluster directory. */
function takeDirectory(targets: readonly string[], context: CliContext): readonly string[] {
  const [first, ...rest] = targets;
  if (first === undefined) return [];
  if (!isDirectory(resolve(context.process.cwd, first))) {
    if (!first.includes("/")) return targets;
    throw new UsageError(`No such directory: ${first}`);
  }
  if (rest.length > 0) {
    throw new UsageError(`Expected one directory, or names of nodes: ${targets.join(" ")}`, {
      fix: "nodewright check -C DIR NODE...",
    });
  }
  context.useDirectory(first);
  return [];
}

function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** The directory's texts as they were read; what was not, from the disk; never a private key. */
export function textsOf(cluster: Cluster): ReadText {
  return (file) => {
    if (file.endsWith(".key")) return undefined;
    const known = cluster.templates.get(file) ?? cluster.secrets.get(file)?.reveal();
    if (known !== undefined) return known;
    try {
      return readUserTextSync(join(cluster.dir, file));
    } catch {
      return undefined;
    }
  };
}
