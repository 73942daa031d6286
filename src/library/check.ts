/**
 * `nodewright/check`: the rules of `nodewright check` for other programs.
 *
 * ```ts
 * import { check, formatReport } from "nodewright/check";
 *
 * const report = await check({ directory: "my-cluster" });
 * for (const { rule, node, message } of report.findings) console.log(rule, node, message);
 * ```
 *
 * Reads files and nothing else: no machine is reached, no program is run. Facts of machines and of an
 * API server can be given as data (`checkFacts` with a CheckSubject).
 *
 * @module
 */
import { loadCluster, selectNodes } from "../bootstrap/inventory/mod.ts";
import { directorySubject, rootSubject } from "../bootstrap/sources/mod.ts";
import {
  type CheckOptions,
  type CheckReport,
  check as checkFacts,
  type NodeFacts,
  RULES,
} from "../check/mod.ts";

/** What is checked: a cluster directory, or one node's file system. */
export type Target =
  | {
      /** A directory with machines.txt, configs/ and units/. */
      readonly directory: string;
      /** Names of workers; absent: all. */
      readonly nodes?: readonly string[];
      /** Another state of the directory, which the nodes run now: the step from it is judged. */
      readonly from?: string;
    }
  /** A directory that is a node's `/`: a backup, an image, a mounted disk. */
  | { readonly root: string };

/** How a target is checked; `now` decides over certificates and is the present where it is absent. */
export interface Options extends CheckOptions {
  readonly now?: Date;
}

/**
 * Checks a target by every rule (or those of `options.rules`). Rejects with NodewrightError where the
 * directory cannot be read at all; whatever is wrong in it is a finding.
 */
export async function check(target: Target, options: Options = {}): Promise<CheckReport> {
  const now = options.now ?? new Date();
  if ("root" in target) return checkFacts(RULES, await rootSubject(target.root, now), options);
  const cluster = await loadCluster(target.directory);
  const previous = target.from === undefined ? undefined : await factsOf(target.from, now);
  const subject = directorySubject(cluster, selectNodes(cluster, target.nodes ?? []), {
    now,
    ...(previous === undefined ? {} : { previous }),
  });
  const suppressions = [...cluster.settings.ignoredFindings, ...(options.suppressions ?? [])];
  return checkFacts(RULES, subject, { ...options, suppressions });
}

async function factsOf(dir: string, now: Date): Promise<ReadonlyMap<string, NodeFacts>> {
  const cluster = await loadCluster(dir);
  const { nodes } = directorySubject(cluster, cluster.workers, { now });
  return new Map(nodes.map((node) => [node.name, node]));
}

export { applyEdits, type EditedFile } from "../check/fix/mod.ts";
export type {
  CheckOptions,
  CheckReport,
  CheckSubject,
  Edit,
  Finding,
  NotApplicable,
  Rule,
  RuleId,
  RuleInfo,
  Severity,
  Suppressed,
  Suppression,
} from "../check/mod.ts";
export { check as checkFacts, RULES } from "../check/mod.ts";
export { formatReport, rulePage, type TextOptions, toJson, toSarif } from "../check/report/mod.ts";
