import { verifyCluster } from "../bootstrap/apply/mod.ts";
import { selectNodes } from "../bootstrap/inventory/mod.ts";
import type { DefineCommand } from "./commands.ts";
import { openCluster } from "./open-cluster.ts";
import { createProgress, describeCheck } from "./progress.ts";
import { reportRuns } from "./report-runs.ts";

export const define: DefineCommand = (root, context) => {
  root.argument("[node...]", "only these nodes").action(async (names) => {
    const { cluster, ports } = await openCluster(context, { update: false });
    const progress = createProgress(context);
    const lines: string[] = [];
    const runs = await verifyCluster(
      selectNodes(cluster, names),
      { parallelism: cluster.settings.parallelism },
      ports,
      (event) => {
        progress.onEvent(event);
        if (event.kind === "check") lines.push(`${event.node}: ${describeCheck(event.check)}`);
      },
    ).finally(progress.done);
    if (!context.json) for (const line of lines.sort()) context.out.line(line);
    context.exitCode = reportRuns(runs, context);
  });
};
