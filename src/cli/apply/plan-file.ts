import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { NodewrightError, type Problem, ProblemsError } from "../../base/mod.ts";
import {
  digestOf,
  formatSavedPlan,
  looksLikeSavedPlan,
  type NodeRun,
  parseSavedPlan,
  type SavedPlan,
  savedNode,
  whatChanged,
} from "../../bootstrap/apply/mod.ts";
import { CLUSTER_FILES, type Cluster } from "../../bootstrap/inventory/mod.ts";
import { RULES, type RuleId } from "../../check/mod.ts";
import { readUserText, whyUnreadable } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { commandLine } from "../output/command-line.ts";
import { type OutputFile, outputFile } from "../output/output-file.ts";

/** A saved plan, and the name by which the user called it. */
export interface PlanFile extends SavedPlan {
  readonly file: string;
  readonly allow: readonly RuleId[];
}

/** Where `plan -o FILE` saves to. Throws UsageError where no file can be written there. */
export function planOutput(file: string, context: CliContext): OutputFile {
  return outputFile(file, { what: "the plan", example: "node.plan" }, context);
}

/** Writes what was planned; nothing in it is secret, but it tells what nodes run. */
export async function writePlanFile(
  output: OutputFile,
  runs: readonly NodeRun[],
  { cluster, allow }: { readonly cluster: Cluster; readonly allow: readonly RuleId[] },
): Promise<void> {
  const nodes = runs.map((run) => savedNode(run.plan, run.rendered.desired));
  const text = formatSavedPlan({ settings: settingsDigest(cluster), allow, nodes });
  await output.write(text, { mode: 0o600 });
}

/**
 * The saved plan that the only argument of `apply` names: anything with a slash, and a file that
 * is called or looks like one. Undefined where it is the name of a node. Rejects with `saved-plan`.
 */
export async function findPlanFile(
  names: readonly string[],
  context: CliContext,
): Promise<PlanFile | undefined> {
  const [file] = names;
  if (file === undefined || names.length > 1) return undefined;
  const path = resolve(context.process.cwd, file);
  const isNamedSo = file.includes("/") || (/\.(json|plan)$/.test(file) && exists(path));
  const text = await readUserText(path).catch((thrown: unknown) => {
    if (!isNamedSo) return "";
    const { what } = whyUnreadable(thrown);
    throw new NodewrightError("saved-plan", `Cannot read the saved plan ${file}: ${what}`, {
      fix: "Name a file that plan -o has written, or nodes of machines.txt",
      cause: thrown,
    });
  });
  if (!isNamedSo && !looksLikeSavedPlan(text)) return undefined;
  const saved = parseSavedPlan(text, file);
  return { ...saved, file, allow: saved.allow.map((id) => knownRule(id, file)) };
}

/** Throws `stale-plan` where a node, or nodewright.yaml, is no longer what the plan was made for. */
export function requireAsSaved(
  saved: PlanFile,
  runs: readonly NodeRun[],
  { cluster, context }: { readonly cluster: Cluster; readonly context: CliContext },
): void {
  const problems: Problem[] =
    saved.settings === settingsDigest(cluster)
      ? []
      : [stale(`${CLUSTER_FILES.settings} has changed since the plan was made`)];
  for (const run of runs) {
    const before = saved.nodes.find(({ plan }) => plan.node === run.node);
    const now = savedNode(run.plan, run.rendered.desired);
    const what = before === undefined ? "the plan does not have it" : whatChanged(before, now);
    if (what !== undefined) problems.push(stale(`${run.node} is not as planned: ${what}`));
  }
  if (problems.length === 0) return;
  const names = saved.nodes.map(({ plan }) => plan.node);
  const some = names.length === cluster.managed.length ? [] : names;
  throw new ProblemsError(
    `Cannot apply ${saved.file}: something has changed since it was made`,
    problems,
    {
      fix: `Make it again and read it: ${commandLine(context, "plan", ["-o", saved.file, ...some])}`,
    },
  );
}

function stale(message: string): Problem {
  return { code: "stale-plan", severity: "error", message, locations: [] };
}

function settingsDigest({ dir }: Cluster): string {
  try {
    return digestOf(readFileSync(join(dir, CLUSTER_FILES.settings), "utf8"));
  } catch {
    // The directory has been read without errors: there is none.
    return digestOf("");
  }
}

function knownRule(id: string, file: string): RuleId {
  const rule = RULES.find((one) => one.id === id);
  if (rule !== undefined) return rule.id;
  throw new NodewrightError(
    "saved-plan",
    `Cannot use the saved plan ${file}: it allows ${JSON.stringify(id)}, which is no rule of check`,
    { fix: "Make it again with nodewright plan -o FILE" },
  );
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
