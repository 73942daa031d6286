import { NodewrightError } from "../../base/mod.ts";
import { applyCluster, type NodeRun } from "../../bootstrap/apply/mod.ts";
import { type LabSteps, type LabTarget, labOption, type PassedStep } from "../../lab/mod.ts";
import { changeOptions } from "../apply/change-options.ts";
import { reportRuns } from "../apply/report-runs.ts";
import type { CliContext } from "../context.ts";
import { openCluster } from "../open-cluster.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";

/** The lab's machines become nodes by the very commands that make nodes of any machines. */
export function labSteps(context: CliContext): LabSteps {
  return {
    apply: async ({ clusterDir, lab }: LabTarget) => {
      context.useDirectory(clusterDir);
      const opened = await openCluster(context, { update: false });
      const { cluster } = opened;
      const progress = createProgress(context);
      const ports = withWarnings(opened, progress, context);
      const runs = await applyCluster(
        cluster.managed,
        { ...changeOptions(cluster), drain: "auto", verify: "always" },
        ports,
        progress.onEvent,
      ).finally(progress.done);
      report(runs, lab.name, context);
    },
    onPassed: (passed) => {
      if (context.json) context.out.json({ kind: "passed", ...passed });
      else context.out.line(passedLine(passed));
    },
  };
}

/** `deployment      1.2 s  2 pods of hello are ready, on node-0 and node-1` */
function passedLine({ step, seen, ms }: PassedStep): string {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  return `${step.padEnd(12)}  ${seconds.padStart(7)}  ${seen}`;
}

function report(runs: readonly NodeRun[], labName: string, context: CliContext): void {
  if (reportRuns(runs, context) === 0) return;
  const option = labOption(labName);
  throw new NodewrightError("lab", "The lab's machines did not all become worker nodes", {
    fix: `nodewright lab status; nodewright lab exec${option} NODE -- journalctl -b; nodewright lab down${option}`,
  });
}
