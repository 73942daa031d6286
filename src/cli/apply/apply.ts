import { applyCluster, CANARY_MODES } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import { checkFiles } from "../check/check-files.ts";
import type { DefineCommand } from "../command.ts";
import { openCluster } from "../open-cluster.ts";
import { integerOption, ruleOption, wordOption } from "../option-parsers.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";
import { renderFiles } from "../render-files.ts";
import { requireSupportFiles } from "../require-support-files.ts";
import { changeOptions, unavailableOption } from "./change-options.ts";
import { reportRuns } from "./report-runs.ts";

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node...]", "only these nodes")
    .option("--parallelism <n>", "nodes that are worked on at once", integerOption(1))
    .option(
      "--max-unavailable <n>",
      "running nodes that may be out of service at once: a number, or a share such as 25%",
      unavailableOption,
    )
    .option(
      "--max-failures <n>",
      "failed nodes with which it still goes on to further ones (default: 0)",
      integerOption(0),
    )
    .option(
      "--canary <when>",
      "one node first, verified, then the others: auto: where what runs is restarted; always; never",
      wordOption(CANARY_MODES),
      "auto" as const,
    )
    .option(
      "--drain <when>",
      "auto: where an executable is replaced under running pods; always; never",
      wordOption(["auto", "always", "never"]),
      "auto" as const,
    )
    .option("--update", "take newer artifacts than nodewright.lock names, where a source has them")
    .option("--no-verify", "do not run the verification pods after a change")
    .option(
      "--allow <id...>",
      "go on in spite of errors of these rules of check; kept with the generation",
      ruleOption,
    )
    .action(async (names, options) => {
      const { allow = [] } = options;
      const opened = await openCluster(context, { update: options.update ?? false, allow });
      const { cluster } = opened;
      const machines = selectManaged(cluster, names);
      await requireSupportFiles(cluster.dir);
      const rendered = renderFiles(cluster, machines);
      checkFiles(cluster, machines, { rendered, allow, context });
      const progress = createProgress(context);
      const ports = withWarnings(opened, progress, context);
      try {
        const runs = await applyCluster(
          machines,
          {
            ...changeOptions(cluster, options),
            drain: options.drain,
            verify: options.verify ? "changed" : "never",
          },
          ports,
          progress.onEvent,
        );
        progress.done();
        context.exitCode = reportRuns(runs, context);
      } finally {
        progress.done();
      }
    });
};
