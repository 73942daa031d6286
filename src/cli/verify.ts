import { type NodeRun, verifyCluster } from "../bootstrap/apply/mod.ts";
import { selectNodes } from "../bootstrap/inventory/mod.ts";
import type { VerifyCheck } from "../node/verify/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { openCluster } from "./open-cluster.ts";
import { printFailure } from "./output/print-failure.ts";
import { createProgress, describeCheck } from "./output/progress.ts";
import { withWarnings } from "./output/with-warnings.ts";
import { renderFiles } from "./render-files.ts";
import { requireSupportFiles } from "./require-support-files.ts";

interface NodeCheck {
  readonly node: string;
  readonly check: VerifyCheck;
}

export const define: DefineCommand = (root, context) => {
  root.argument("[node...]", "only these nodes").action(async (names) => {
    const opened = await openCluster(context, { update: false });
    const machines = selectNodes(opened.cluster, names);
    await requireSupportFiles(opened.cluster.dir);
    // For its errors: what stands on the nodes is verified, whatever the files would become.
    renderFiles(opened.cluster, machines);
    const progress = createProgress(context);
    const ports = withWarnings(opened, progress, context);
    const checks: NodeCheck[] = [];
    const runs = await verifyCluster(
      machines,
      { parallelism: opened.cluster.settings.parallelism },
      ports,
      (event) => {
        if (event.kind === "check") checks.push(event);
        // The lines of the checks and the summary say how it ended.
        const isSaidBelow = event.kind === "verified" || event.kind === "check";
        if (context.json || !isSaidBelow) progress.onEvent(event);
      },
    ).finally(progress.done);
    context.exitCode = report(runs, checks, context);
  });
};

/** Every check, every failure whole, then one line of sums. Returns the exit code. */
function report(
  runs: readonly NodeRun[],
  checks: readonly NodeCheck[],
  context: CliContext,
): number {
  const lines = checks.map(({ node, check }) => `${node}: ${describeCheck(check)}`);
  if (!context.json) for (const line of lines.sort()) context.out.line(line);
  const failures = runs.flatMap((run) => run.failure ?? []);
  for (const failure of failures) printFailure(failure, context);
  const nodes = runs.length - failures.length;
  const passed = checks.filter(({ check }) => check.ok).length;
  if (context.json) {
    const sums = { nodes, failedNodes: failures.length };
    const all = { ...sums, checks: passed, failedChecks: checks.length - passed };
    context.out.json({ kind: "summary", ...all });
  } else {
    // A node that failed before its pods ran has checks that nobody counted.
    const ran = nodes === runs.length ? "" : " that ran";
    context.out.line(
      `${nodes} of ${runs.length} nodes passed, ${passed} of ${checks.length} checks${ran}`,
    );
  }
  return failures.length === 0 ? EXIT.OK : EXIT.FAILED;
}
