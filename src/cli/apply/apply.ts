import { UsageError } from "../../base/mod.ts";
import { applyCluster, CANARY_MODES, type NodeRun } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import { planSummary } from "../../plan/mod.ts";
import { checkFiles } from "../check/check-files.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { openCluster } from "../open-cluster.ts";
import { integerOption, ruleOption, wordOption } from "../option-parsers.ts";
import { confirm } from "../output/confirm.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";
import { renderFiles } from "../render-files.ts";
import { requireSupportFiles } from "../require-support-files.ts";
import { changeOptions, unavailableOption } from "./change-options.ts";
import { findPlanFile, type PlanFile, requireAsSaved } from "./plan-file.ts";
import { reportRuns } from "./report-runs.ts";

export const define: DefineCommand = (root, context) => {
  root
    .argument(
      "[node...]",
      "only these nodes; or the file of plan -o, carried out only if nothing has changed since",
    )
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
    .option("--confirm", "show what changes and ask before the first change")
    .option("-y, --yes", "do not ask, as is done for a saved plan on a terminal")
    .action(async (names, options) => {
      const saved = await findPlanFile(names, context);
      if (saved !== undefined) requirePlainOptions(saved, options);
      const { allow = [] } = saved ?? options;
      const opened = await openCluster(context, { update: options.update ?? false, allow });
      const { cluster } = opened;
      const machines = selectManaged(cluster, saved?.nodes.map(({ plan }) => plan.node) ?? names);
      await requireSupportFiles(cluster.dir);
      const rendered = renderFiles(cluster, machines);
      checkFiles(cluster, machines, { rendered, allow, context });
      const asks = options.yes !== true && (options.confirm ?? asksForSaved(saved, context));
      const progress = createProgress(context);
      const ports = withWarnings(opened, progress, context);
      try {
        const runs = await applyCluster(
          machines,
          {
            ...changeOptions(cluster, options),
            drain: options.drain,
            verify: options.verify ? "changed" : "never",
            approve: async (planned) => {
              if (saved !== undefined) requireAsSaved(saved, planned, { cluster, context });
              if (asks) await progress.aside(() => confirmChanges(planned, context));
            },
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

/** What shapes a plan is the saved plan's own. */
function requirePlainOptions(
  { file }: PlanFile,
  options: { readonly update?: true | undefined; readonly allow?: readonly string[] | undefined },
): void {
  for (const [name, value] of Object.entries({ update: options.update, allow: options.allow })) {
    if (value === undefined) continue;
    throw new UsageError(`--${name} does not go with a saved plan`, {
      fix: `Leave it out, or make ${file} again with it`,
    });
  }
}

function asksForSaved(saved: PlanFile | undefined, { process }: CliContext): boolean {
  return saved !== undefined && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function confirmChanges(runs: readonly NodeRun[], context: CliContext): Promise<void> {
  const changing = runs.filter((run) => run.hasSteps);
  if (changing.length === 0) return;
  for (const { node, plan } of changing) context.out.note(`${node}: ${planSummary(plan)}`);
  await confirm(
    context,
    `${changing.length === 1 ? "1 node" : `${changing.length} nodes`} will change.`,
  );
}
