import { UsageError } from "../base/mod.ts";
import { eachSession } from "../bootstrap/apply/mod.ts";
import { selectManaged } from "../bootstrap/inventory/mod.ts";
import type { ResetReport } from "../node/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { openCluster } from "./open-cluster.ts";
import { confirm } from "./output/confirm.ts";
import { printFailure } from "./output/print-failure.ts";
import { printProblems } from "./output/print-problems.ts";
import { createProgress } from "./output/progress.ts";

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node...]", "the nodes to take nodewright's work off")
    .option("--all", "every machine of machines.txt that apply changes")
    .option("--dry-run", "only say what would be taken away")
    .option("-y, --yes", "do not ask")
    .action(async (names, options) => {
      if (names.length === 0 && options.all !== true) {
        throw new UsageError("Which nodes to reset is not said", {
          fix: "name them, or give --all",
        });
      }
      const { cluster, ports } = await openCluster(context, { update: false });
      printProblems(cluster.problems, context);
      const machines = selectManaged(cluster, names);
      const dryRun = options.dryRun ?? false;
      if (!dryRun && options.yes !== true) {
        await confirm(
          context,
          `All pods on ${machines.map((m) => m.name).join(", ")} end, and what nodewright put there goes.`,
        );
      }
      const progress = createProgress(context, { quiet: true });
      const results = await eachSession(
        machines,
        { parallelism: cluster.settings.parallelism, lock: !dryRun },
        ports,
        progress.onEvent,
        async (session, machine) => {
          const runHook = async (hook: "beforeReset" | "afterReset"): Promise<void> => {
            const say = (text: string): void =>
              context.out.note(`${machine.name}: ${hook}: ${text}`);
            if (!dryRun) await ports.hook(machine, { hook }, say);
          };
          await runHook("beforeReset");
          const report = await session.request("reset", { dryRun });
          await runHook("afterReset");
          return report;
        },
      ).finally(progress.done);
      for (const { machine, result } of results) {
        if (result.ok) printReport(machine.name, result.value, dryRun, context);
        else {
          context.exitCode = EXIT.FAILED;
          printFailure(result.error, context);
        }
      }
    });
};

function printReport(
  node: string,
  report: ResetReport,
  dryRun: boolean,
  context: CliContext,
): void {
  if (report.leftovers.length > 0) context.exitCode = EXIT.FAILED;
  if (context.json) {
    context.out.json({ kind: "reset", node, dryRun, ...report });
    return;
  }
  const { removed, restored, kept, leftovers } = report;
  const { line } = context.out;
  if (removed.length + restored.length === 0) line(`${node}: nothing of nodewright's is there`);
  else {
    line(
      `${node}: ${removed.length} ${dryRun ? "to remove" : "removed"}, ${restored.length} ${dryRun ? "to restore" : "restored"}`,
    );
  }
  if (dryRun || context.verbose) {
    for (const what of removed) line(`  remove ${what}`);
    for (const what of restored) line(`  restore ${what}`);
  }
  for (const what of kept) line(`  kept: ${what}`);
  for (const what of leftovers) line(`  LEFT BEHIND: ${what}`);
}
