import { type NodeRun, planCluster } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import { describePlan } from "../../plan/mod.ts";
import { checkFiles } from "../check/check-files.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { openCluster } from "../open-cluster.ts";
import { ruleOption } from "../option-parsers.ts";
import { commandLine } from "../output/command-line.ts";
import { printFailure } from "../output/print-failure.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";
import { renderFiles } from "../render-files.ts";
import { requireSupportFiles } from "../require-support-files.ts";
import { type FileDiff, planDiffs } from "./plan-diffs.ts";
import { planOutput, writePlanFile } from "./plan-file.ts";

interface PlannedNode {
  readonly run: NodeRun;
  /** What was noticed on the machine; the plan's own notes are in the plan. */
  readonly notes: readonly string[];
  readonly diffs: readonly FileDiff[];
}

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node...]", "only these nodes")
    .option("--detailed-exitcode", "exit with 4 where there is something to change")
    .option("-o, --output <file>", "save the plan: apply FILE carries out exactly this, or nothing")
    .option("--allow <id...>", "go on in spite of errors of these rules of check", ruleOption)
    .action(async (names, options) => {
      const { allow = [], output } = options;
      const file = output === undefined ? undefined : planOutput(output, context);
      const opened = await openCluster(context, { update: false, allow });
      const { cluster } = opened;
      const machines = selectManaged(cluster, names);
      await requireSupportFiles(cluster.dir);
      const rendered = renderFiles(cluster, machines);
      checkFiles(cluster, machines, { rendered, allow, context });
      const progress = createProgress(context);
      const ports = withWarnings(opened, progress, context);
      const noted: { node: string; text: string }[] = [];
      const planned: PlannedNode[] = [];
      let runs: readonly NodeRun[];
      try {
        runs = await planCluster(
          machines,
          { parallelism: cluster.settings.parallelism },
          ports,
          (event) => {
            if (event.kind === "note") noted.push(event);
            // For people a note stands in its node's plan.
            if (context.json || event.kind !== "note") progress.onEvent(event);
          },
          async (run) => {
            const own = noted.filter(
              ({ node, text }) => node === run.node && !run.plan.notes.includes(text),
            );
            planned.push({ run, notes: own.map(({ text }) => text), diffs: await planDiffs(run) });
          },
        );
      } finally {
        progress.done();
      }
      for (const node of planned.sort((a, b) => a.run.node.localeCompare(b.run.node))) {
        printPlan(node, context);
      }
      const failed = runs.filter((run) => run.failure !== undefined);
      if (file !== undefined && failed.length === 0) {
        const inOrder = planned.map(({ run }) => run);
        await writePlanFile(file, inOrder, { cluster, allow });
      }
      for (const run of failed) if (run.failure !== undefined) printFailure(run.failure, context);
      printSums(sumsOf(planned, failed.length), output, context);
      if (failed.length > 0) context.exitCode = EXIT.FAILED;
      else if (options.detailedExitcode && planned.some(({ run }) => run.plan.steps.length > 0)) {
        context.exitCode = EXIT.PLAN_HAS_CHANGES;
      }
    });
};

function sumsOf(planned: readonly PlannedNode[], failed: number) {
  const changing = planned.filter(({ run }) => run.plan.steps.length > 0);
  return {
    nodes: planned.length + failed,
    changed: changing.length,
    unchanged: planned.length - changing.length,
    failed,
    steps: changing.reduce((sum, { run }) => sum + run.plan.steps.length, 0),
  };
}

/** The last line, and what became of the file that was asked for. */
function printSums(
  sums: ReturnType<typeof sumsOf>,
  output: string | undefined,
  context: CliContext,
): void {
  const isSaved = output !== undefined && sums.failed === 0;
  if (context.json) {
    context.out.json({ kind: "summary", ...sums, ...(isSaved ? { saved: output } : {}) });
    return;
  }
  const { changed, unchanged, failed, steps } = sums;
  const what = `${changed} to change (${steps === 1 ? "1 step" : `${steps} steps`})`;
  context.out.line(`nodes: ${what}, ${unchanged} up to date, ${failed} failed`);
  if (output === undefined) return;
  context.out.note(
    isSaved
      ? `saved; to carry it out: ${commandLine(context, "apply", [output])}`
      : `not saved to ${output}: a plan is saved only where every node could be planned; name those that can`,
  );
}

function printPlan({ run, notes, diffs }: PlannedNode, context: CliContext): void {
  if (context.json) {
    context.out.json({ kind: "plan", ...run.plan, diffs });
    return;
  }
  const isDone = run.plan.steps.length === 0;
  context.out.line(`${run.node}:${isDone ? " up to date" : ""}`);
  for (const line of describePlan(run.plan)) context.out.line(`  ${line}`);
  for (const note of notes) context.out.line(`  note: ${note}`);
  for (const { diff } of diffs) context.out.line(`\n${diff.trimEnd()}`);
}
