import type { NodeRun } from "../bootstrap/apply/mod.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { printError } from "./print-error.ts";

/** Says how an apply ended: every failure whole, then one line of sums. Returns the exit code. */
export function reportRuns(runs: readonly NodeRun[], context: CliContext): number {
  const failed = runs.filter((run) => run.failure !== undefined);
  for (const run of failed) {
    // That it was interrupted is said once, for all nodes and by the one who was.
    if (run.failure?.kind === "interrupted") continue;
    if (run.failure !== undefined) printError(run.failure, context);
  }
  const count = (state: string): number =>
    runs.filter((run) => run.outcome?.state === state).length;
  if (context.json) {
    context.out.json({
      kind: "summary",
      changed: count("changed"),
      unchanged: count("unchanged"),
      failed: failed.length,
    });
  } else {
    context.out.line(
      `nodes: ${count("changed")} changed, ${count("unchanged")} unchanged, ${failed.length} failed`,
    );
  }
  return failed.length === 0 ? EXIT.OK : EXIT.FAILED;
}
