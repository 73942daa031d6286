import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { commandLine } from "../output/command-line.ts";
import { printFailure } from "../output/print-failure.ts";

/**
 * Reports how an apply ended: every failure whole, the nodes that were not reached with the command
 * that goes on, then one line of sums. Returns the exit code.
 */
export function reportRuns(
  runs: readonly NodeRun[],
  context: CliContext,
  command: "apply" | "rollback" = "apply",
): number {
  const failed = runs.filter((run) => run.failure !== undefined);
  for (const { failure } of failed) {
    if (failure !== undefined) printFailure(failure, context);
  }
  const named = (state: string): string[] =>
    runs.flatMap((run) => (run.outcome?.state === state ? [run.node] : []));
  const count = (state: string): number => named(state).length;
  const notReached = named("not-reached");
  if (notReached.length > 0 && !context.json) {
    context.out.note(`not reached: ${notReached.join(", ")}`);
    // rollback takes one node at a time.
    const each = command === "apply" ? [notReached] : notReached.map((name) => [name]);
    for (const names of each) {
      context.out.note(`  to go on: ${commandLine(context, command, names)}`);
    }
  }
  if (context.json) {
    context.out.json({
      kind: "summary",
      changed: count("changed"),
      unchanged: count("unchanged"),
      failed: failed.length,
      ...(notReached.length === 0 ? {} : { notReached }),
    });
  } else {
    const left = notReached.length === 0 ? "" : `, ${notReached.length} not reached`;
    context.out.line(
      `nodes: ${count("changed")} changed, ${count("unchanged")} unchanged, ${failed.length} failed${left}`,
    );
  }
  return failed.length === 0 ? EXIT.OK : EXIT.FAILED;
}
