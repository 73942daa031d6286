import { type NodeRun, planCluster } from "../bootstrap/apply/mod.ts";
import { selectNodes } from "../bootstrap/inventory/mod.ts";
import { describePlan } from "../bootstrap/plan/mod.ts";
import type { DefineCommand } from "./commands.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { openCluster } from "./open-cluster.ts";
import { type FileDiff, planDiffs } from "./plan-diffs.ts";
import { printError } from "./print-error.ts";
import { createProgress } from "./progress.ts";

interface PlannedNode {
  readonly run: NodeRun;
  readonly diffs: readonly FileDiff[];
}

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node...]", "only these nodes")
    .option("--detailed-exitcode", "exit with 4 where there is something to change")
    .action(async (names, options) => {
      const { cluster, ports } = await openCluster(context, { update: false });
      const progress = createProgress(context);
      const planned: PlannedNode[] = [];
      let runs: readonly NodeRun[];
      try {
        runs = await planCluster(
          selectNodes(cluster, names),
          { parallelism: cluster.settings.parallelism },
          ports,
          progress.onEvent,
          async (run) => {
            planned.push({ run, diffs: await planDiffs(run) });
          },
        );
      } finally {
        progress.done();
      }
      for (const node of planned.sort((a, b) => a.run.node.localeCompare(b.run.node))) {
        printPlan(node, context);
      }
      const failed = runs.filter((run) => run.failure !== undefined);
      for (const run of failed) if (run.failure !== undefined) printError(run.failure, context);
      if (failed.length > 0) context.exitCode = EXIT.FAILED;
      else if (options.detailedExitcode && planned.some(({ run }) => run.plan.steps.length > 0)) {
        context.exitCode = EXIT.PLAN_HAS_CHANGES;
      }
    });
};

function printPlan({ run, diffs }: PlannedNode, context: CliContext): void {
  if (context.json) {
    context.out.json({ kind: "plan", ...run.plan, diffs });
    return;
  }
  if (run.plan.steps.length === 0) {
    context.out.line(`${run.node}: as it should be, nothing to do`);
    return;
  }
  context.out.line(`${run.node}:`);
  for (const line of describePlan(run.plan)) context.out.line(`  ${line}`);
  for (const { diff } of diffs) context.out.line(`\n${diff.trimEnd()}`);
}
