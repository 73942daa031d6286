import { rollBackCluster } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import type { DefineCommand } from "../command.ts";
import { openCluster } from "../open-cluster.ts";
import { integerOption, wordOption } from "../option-parsers.ts";
import { confirm } from "../output/confirm.ts";
import { printProblems } from "../output/print-problems.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";
import { changeOptions } from "./change-options.ts";
import { reportRuns } from "./report-runs.ts";

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node]", "the node; without it, every machine of machines.txt that apply changes")
    .argument(
      "[generation]",
      "a generation of that node, as history lists them (default: the one that the current started from)",
      integerOption(1),
    )
    .option(
      "--drain <when>",
      "auto: where an executable is replaced under running pods; always; never",
      wordOption(["auto", "always", "never"]),
      "auto" as const,
    )
    .option("--no-verify", "do not run the verification pods after the change")
    .option("-y, --yes", "do not ask")
    .action(async (name, generation, options) => {
      const opened = await openCluster(context, { update: false });
      const { cluster } = opened;
      printProblems(cluster.problems, context);
      const machines = selectManaged(cluster, name === undefined ? [] : [name]);
      if (options.yes !== true) {
        const where =
          generation === undefined ? "the generation before" : `generation ${generation}`;
        const nodes = machines.map((machine) => machine.name).join(", ");
        await confirm(context, `${nodes} returns to ${where}.`);
      }
      const progress = createProgress(context);
      try {
        const runs = await rollBackCluster(
          machines,
          {
            ...changeOptions(cluster),
            drain: options.drain,
            verify: options.verify ? "changed" : "never",
            ...(generation === undefined ? {} : { generation }),
          },
          withWarnings(opened, progress, context),
          progress.onEvent,
        );
        progress.done();
        context.exitCode = reportRuns(runs, context, "rollback");
        if (!context.json && runs.some(({ outcome }) => outcome?.state === "changed")) {
          context.out.note(
            "The cluster directory still says what the node ran before: change it before the next apply",
          );
        }
      } finally {
        progress.done();
      }
    });
};
