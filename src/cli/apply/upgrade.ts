import { COMPONENTS, type Component, isComponent } from "../../artifacts/mod.ts";
import { nearest, UsageError } from "../../base/mod.ts";
import { applyCluster } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import type { NodePlan } from "../../plan/mod.ts";
import { checkFiles } from "../check/check-files.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { openCluster } from "../open-cluster.ts";
import { ruleOption, wordOption } from "../option-parsers.ts";
import { confirm } from "../output/confirm.ts";
import { createProgress } from "../output/progress.ts";
import { withWarnings } from "../output/with-warnings.ts";
import { renderFiles } from "../render-files.ts";
import { requireSupportFiles } from "../require-support-files.ts";
import { changeOptions } from "./change-options.ts";
import { reportRuns } from "./report-runs.ts";

export const define: DefineCommand = (root, context) => {
  root
    .argument("[component...]", "only these, the others stay at nodewright.lock; default: all")
    .option(
      "--drain <when>",
      "always: each node that changes; auto: where an executable is replaced under running pods; never",
      wordOption(["auto", "always", "never"]),
      "always" as const,
    )
    .option(
      "--allow <id...>",
      "go on in spite of errors of these rules of check; kept with the generation",
      ruleOption,
    )
    .option("-y, --yes", "do not ask")
    .action(async (words, options) => {
      const update = words.length === 0 ? true : words.map(toComponent);
      const { allow = [] } = options;
      const opened = await openCluster(context, { update, allow });
      const { cluster } = opened;
      const machines = selectManaged(cluster, []);
      await requireSupportFiles(cluster.dir);
      const rendered = renderFiles(cluster, machines);
      checkFiles(cluster, machines, { rendered, allow, context });
      const progress = createProgress(context);
      const ports = withWarnings(opened, progress, context);
      try {
        const runs = await applyCluster(
          machines,
          {
            ...changeOptions(cluster),
            // One node first in any case, and none after one that fails.
            ...{ canary: "always", maxFailures: 0 },
            drain: options.drain,
            verify: "changed",
            approve: async (planned) => {
              const plans = planned.filter((run) => run.hasSteps).map(({ plan }) => plan);
              if (plans.length === 0) return;
              await progress.aside(async () => {
                showChanges(plans, context);
                if (options.yes !== true) await confirm(context, question(plans, options.drain));
              });
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

function toComponent(word: string): Component {
  if (isComponent(word)) return word;
  const near = nearest(word, COMPONENTS);
  throw new UsageError(`No component has this name: "${word}"`, {
    fix: near === undefined ? `They are: ${COMPONENTS.join(", ")}` : `Did you mean "${near}"?`,
  });
}

function question(plans: readonly NodePlan[], drain: "auto" | "always" | "never"): string {
  const count = plans.length === 1 ? "1 node changes" : `${plans.length} nodes change`;
  return `${count}, one first${drain === "never" ? "" : ", drained before"}.`;
}

/** What a plan replaces: executables by their origin, and how many other files. */
export function replacedFiles({ steps }: NodePlan): {
  readonly executables: readonly string[];
  readonly others: number;
} {
  const written = steps.flatMap((step) => (step.kind === "write-file" ? [step.file] : []));
  const isExecutable = ({ mode, text }: (typeof written)[number]): boolean =>
    !text && (mode & 0o111) !== 0;
  return {
    executables: [...new Set(written.filter(isExecutable).map(({ origin }) => origin))].sort(),
    others: written.filter((file) => !isExecutable(file)).length,
  };
}

function showChanges(plans: readonly NodePlan[], context: CliContext): void {
  if (context.json) return;
  for (const plan of plans) {
    const { executables, others } = replacedFiles(plan);
    const more = others === 0 ? [] : [others === 1 ? "1 other file" : `${others} other files`];
    context.out.note(`${plan.node}: ${[...executables, ...more].join(", ") || "no file"}`);
  }
}
