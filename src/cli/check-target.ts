import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../base/mod.ts";
import { parseArch, readLock } from "../bootstrap/artifacts/mod.ts";
import { type Cluster, loadCluster } from "../bootstrap/inventory/mod.ts";
import { directorySubject, lockedVersions } from "../bootstrap/sources/mod.ts";
import type { CheckSubject, Suppression } from "../check/mod.ts";
import type { ReadText } from "../check/report/mod.ts";
import type { CliContext } from "./context.ts";

/** What is checked: its facts, and where its files can be quoted from. */
export interface CheckTarget {
  readonly subject: CheckSubject;
  readonly suppressions: readonly Suppression[];
  readonly read: ReadText;
  /** A file as this shell can open it. */
  readonly nameOf: (file: string) => string;
}

/** The cluster directory of an invocation, as it would be rendered. */
export async function findTarget(
  targets: readonly string[],
  context: CliContext,
): Promise<CheckTarget> {
  const names = takeDirectory(targets, context);
  if (names.length > 0) throw new UsageError(`No such directory: ${names.join(" ")}`);
  const cluster = await loadCluster(context.clusterDir);
  return directoryTarget(cluster, context);
}

async function directoryTarget(cluster: Cluster, context: CliContext): Promise<CheckTarget> {
  const lock = await readLock(cluster.dir);
  const arch = parseArch(context.process.arch) ?? "amd64";
  const subject = directorySubject(cluster, cluster.workers, {
    now: new Date(),
    versions: (machine) => lockedVersions(cluster, machine, { lock, arch }),
  });
  return {
    subject,
    suppressions: cluster.settings.ignoredFindings,
    read: textsOf(cluster),
    nameOf: (file) => context.pathOf(file),
  };
}

/** A single argument that is a directory is the cluster directory. */
function takeDirectory(targets: readonly string[], context: CliContext): readonly string[] {
  const [first, ...rest] = targets;
  if (first === undefined || !isDirectory(resolve(context.process.cwd, first))) return targets;
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

/** The directory's texts, as they were read where that was done, and never a private key. */
function textsOf(cluster: Cluster): ReadText {
  return (file) => {
    const known = cluster.templates.get(file) ?? cluster.secrets.get(file)?.reveal();
    if (known !== undefined || file.endsWith(".key"))
      return file.endsWith(".key") ? undefined : known;
    try {
      return readFileSync(join(cluster.dir, file), "utf8");
    } catch {
      return undefined;
    }
  };
}
